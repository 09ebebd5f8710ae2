// Opens a sealed book with a passphrase from standard input, and says as JSON what a JavaScript reader sees.
const fs = require("fs");
const crypto = require("officecrypto-tool");
const xlsx = require("xlsx");

(async () => {
  const password = fs.readFileSync(0, "utf8");
  const clear = await crypto.decrypt(fs.readFileSync(process.argv[2]), { password });
  fs.writeFileSync(process.argv[3], clear);
  const book = xlsx.read(clear, { cellFormula: true });
  const sheets = {};
  for (const name of book.SheetNames) {
    sheets[name] = xlsx.utils.sheet_to_json(book.Sheets[name], { header: 1, raw: true, defval: null });
  }
  const cells = Object.values(book.Sheets).flatMap((sheet) => Object.values(sheet));
  const formulas = cells.filter((cell) => cell && cell.f !== undefined).length;
  process.stdout.write(JSON.stringify({ sheets, formulas, author: book.Props.Author }));
})();
