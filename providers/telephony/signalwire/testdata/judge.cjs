// Reads requests, one JSON object a line, and says of each what SignalWire's own package
// makes of its signature: true or false.
//   {"key", "signature", "url", "body"}
const path = require("path");
const { validateRequest } = require(path.join(process.env.CALLFLOW_SIGNALWIRE, "node_modules", "@signalwire", "web-api"));
for (const line of require("fs").readFileSync(0, "utf8").split("\n").filter(Boolean)) {
  const r = JSON.parse(line);
  let good = false;
  try {
    good = validateRequest(r.key, r.signature, r.url, r.body);
  } catch (e) {
    console.error(e.message);
  }
  console.log(good);
}
