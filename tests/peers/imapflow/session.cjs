// A mail program's day with imapflow: node session.cjs '{"port":…, "user":…, "password":…, "letter":…}'
// Says "idling" when it waits for a new message, and at its end, as JSON, what it saw.
const { ImapFlow } = require('imapflow');

const settings = JSON.parse(process.argv[2]);

async function main() {
    const client = new ImapFlow({
        host: 'localhost',
        port: settings.port,
        secure: true,
        logger: false,
        auth: { user: settings.user, pass: settings.password },
        maxIdleTime: 60000,
    });
    const seen = {};
    await client.connect();
    const folders = await client.list();
    seen.special = folders.find(folder => folder.path === 'Sent').specialUse;
    await client.mailboxCreate('Grüße');
    await client.append('INBOX', settings.letter, ['\\Seen']);
    await client.mailboxOpen('INBOX');

    seen.subjects = [];
    for await (const message of client.fetch('1:*', { envelope: true })) seen.subjects.push(message.envelope.subject);
    const third = await client.fetchOne('3', { source: true, bodyStructure: true, flags: true });
    seen.source = third.source.toString();
    seen.structure = third.bodyStructure.type;
    seen.searched = await client.search({ header: { subject: 'second' } });
    await client.messageFlagsAdd('1', ['$Important', '\\Seen']);
    seen.flags = [...(await client.fetchOne('1', { flags: true })).flags].filter(flag => flag !== '\\Recent').sort();

    const arrived = new Promise(resolve => client.once('exists', resolve));
    const idling = client.idle();
    console.log('idling');
    seen.heard = (await arrived).count;
    await client.noop();
    await idling;

    await client.messageMove({ subject: 'second' }, 'Grüße');
    await client.messageDelete({ subject: 'first' });
    await client.logout();
    console.log(JSON.stringify(seen));
}

main().catch(error => {
    console.error(error);
    process.exitCode = 1;
});
