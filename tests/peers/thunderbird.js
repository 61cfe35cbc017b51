// What a script inside Thunderbird is made of: the account, its folders and messages, and what its user does with them.
const { MailServices } = ChromeUtils.importESModule('resource:///modules/MailServices.sys.mjs');
const desk = Services.wm.getMostRecentWindow('mail:3pane');
const server = MailServices.accounts.getAccount('account1').incomingServer;
const inbox = () => server.rootFolder.getFolderWithFlags(Ci.nsMsgFolderFlags.Inbox);
const folder = name => name === 'INBOX' ? inbox() : server.rootFolder.getChildNamed(name);
const subjects = place => [...place.messages].map(message => message.mime2DecodedSubject);
const named = (place, subject) => [...place.messages].find(message => message.mime2DecodedSubject === subject);
const pane = () => desk.document.getElementById('tabmail').currentAbout3Pane;

// The first answer of `probe` that says yes; an error of a probe is a no.
async function until(probe) {
    for (const began = Date.now(); ;) {
        let answer = null;
        try { answer = await probe(); } catch (error) { if (Date.now() - began > 20000) throw error; }
        if (answer) return answer;
        if (Date.now() - began > 20000) throw new Error(`waited 20 s for ${probe}`);
        await new Promise(resolve => desk.setTimeout(resolve, 10));
    }
}

// Resolves when an operation that takes a listener says that it has stopped.
function listened(begin) {
    return new Promise((resolve, reject) => {
        const stopped = status => status ? reject(new Error(`it ended with ${status.toString(16)}`)) : resolve();
        begin({
            QueryInterface: ChromeUtils.generateQI(['nsIUrlListener', 'nsIMsgCopyServiceListener']),
            onStartRunningUrl() {}, onStopRunningUrl: (_, status) => stopped(status),
            onStartCopy() {}, onProgress() {}, setMessageKey() {}, getMessageId() {}, onStopCopy: stopped,
        });
    });
}

async function trust(certificate) {
    Cc['@mozilla.org/security/x509certdb;1'].getService(Ci.nsIX509CertDB).addCertFromBase64(certificate, 'C,,');
}

async function remember(origin, user, password) {
    const login = Cc['@mozilla.org/login-manager/loginInfo;1'].createInstance(Ci.nsILoginInfo);
    login.init(origin, null, origin, user, password, '', '');
    await Services.logins.addLoginAsync(login);
}

// Wait until it idles, which it does two seconds after it had something to ask, and tells nobody. News that came together
// with the answer to something else it knows, but shows only when it asks again.
async function idle() {
    await new Promise(resolve => desk.setTimeout(resolve, 3000));
}

// Sign in, get the folders and show the inbox, where it then waits for what the server says.
async function begin() {
    server.getNewMessages(inbox(), desk.msgWindow, null);
    pane().displayFolder(inbox().URI);
    await until(() => folder('Trash') && pane().gDBView && subjects(inbox()).length);
}

async function select(subject) {
    const view = await until(() => pane().gDBView);
    view.doCommand(Ci.nsMsgViewCommandType.expandAll);
    pane().threadTree.selectedIndex = view.findIndexOfMsgHdr(named(inbox(), subject), true);
}

// Show a message; its attachments' names.
async function open(subject) {
    await select(subject);
    const shown = () => pane().messageBrowser.contentWindow;
    await until(() => shown().gMessage === named(inbox(), subject) && named(inbox(), subject).isRead);
    await until(() => shown().msgLoaded);
    return shown().currentAttachments.map(one => one.name);
}

// What the server finds whose text (Body, Subject, Sender…) contains the words.
async function search(place, what, words) {
    const session = Cc['@mozilla.org/messenger/searchSession;1'].createInstance(Ci.nsIMsgSearchSession);
    const term = session.createTerm();
    const value = term.value;
    [term.attrib, term.op] = [Ci.nsMsgSearchAttrib[what], Ci.nsMsgSearchOp.Contains];
    [value.attrib, value.str] = [term.attrib, words];
    term.value = value;
    session.appendTerm(term);
    session.addScopeTerm(Ci.nsMsgSearchScope.onlineMail, place);
    const found = [];
    let done = false;
    const notify = {
        QueryInterface: ChromeUtils.generateQI(['nsIMsgSearchNotify']),
        onNewSearch() {}, onSearchHit(message) { found.push(message.mime2DecodedSubject); }, onSearchDone() { done = true; },
    };
    session.registerListener(notify);
    session.search(desk.msgWindow);
    await until(() => done);
    session.unregisterListener(notify);
    return found;
}
