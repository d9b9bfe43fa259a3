// Judges by Plivo's own package. Of each line of JSON it says true or false:
//   {"method", "url", "nonce", "token", "signature", "params"}  is the signature good?
//   {"document": {"name", "attributes", "text", "inner"}}       can its builders write it?
const path = require("path");
const plivo = require(path.join(process.env.CALLFLOW_PLIVO, "node_modules", "plivo"));
const { Response } = require(path.join(process.env.CALLFLOW_PLIVO, "node_modules", "plivo", "dist", "utils", "plivoxml"));

const camel = (name) => name.split("-").map((s) => s[0].toUpperCase() + s.slice(1)).join("");

// build has the package's builders write an element into another one.
function build(parent, e) {
  const add = parent["add" + camel(e.name)];
  if (!add) throw new Error("there is no builder of " + e.name);
  const takesText = !["GetDigits", "GetInput", "Dial", "Record", "Wait", "Hangup", "break"].includes(e.name);
  const made = takesText ? add.call(parent, e.text, e.attributes) : add.call(parent, e.attributes);
  for (const inner of e.inner || []) build(made, inner);
}

for (const line of require("fs").readFileSync(0, "utf8").split("\n").filter(Boolean)) {
  const r = JSON.parse(line);
  if (r.document) {
    let good = true;
    try {
      const root = new Response();
      for (const e of r.document.inner || []) build(root, e);
      root.toXML();
    } catch (e) {
      good = false;
      console.error(e.message);
    }
    console.log(good);
  } else {
    console.log(plivo.validateV3Signature(r.method, r.url, r.nonce, r.token, r.signature, r.params || {}));
  }
}
