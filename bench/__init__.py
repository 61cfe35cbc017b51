"""How fast is it, and how small, beside other mail servers on the same machine in the same minutes? See README.md."""
