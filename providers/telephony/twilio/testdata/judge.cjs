// Reads requests, one JSON object a line, and says of each what Twilio's own package
// makes of its signature: true or false.
//   {"token", "signature", "url", "params"} or, with "body" instead of "params", one
//   whose body is in the URL by its hash.
const path = require("path");
const twilio = require(path.join(process.env.CALLFLOW_TWILIO, "node_modules", "twilio"));
const lines = require("fs").readFileSync(0, "utf8").split("\n").filter(Boolean);
for (const line of lines) {
  const r = JSON.parse(line);
  if (r.body !== undefined) {
    console.log(twilio.validateRequestWithBody(r.token, r.signature, r.url, r.body));
  } else {
    console.log(twilio.validateRequest(r.token, r.signature, r.url, r.params || {}));
  }
}
