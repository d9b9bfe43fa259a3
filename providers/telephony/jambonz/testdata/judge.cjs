// Judges documents as jambonz does: one JSON document a line on standard input, one
// verdict a line on standard output, "ok" or what is wrong.
//
//   CALLFLOW_JAMBONZ_SPECS=DIR node judge.cjs < documents.jsonl
//
// DIR holds node_modules with @jambonz/verb-specifications, the validator that
// jambonz itself runs. Besides it stand two rules that jambonz keeps elsewhere: it
// plays a text that its URL parser accepts, and takes one that begins with <speak
// as markup.
const {createRequire} = require('module');
const path = require('path');
const readline = require('readline');

const load = createRequire(path.join(path.resolve(process.env.CALLFLOW_JAMBONZ_SPECS), 'judge.cjs'));
const {normalizeJambones, validate} = load('@jambonz/verb-specifications');
const logger = {info() {}, debug() {}, error() {}};

function judge(line) {
  const document = JSON.parse(line);
  normalizeJambones(logger, document);
  validate(logger, document);
  for (const verb of document) {
    const say = verb.verb === 'say' ? verb : verb.say;
    if (!say) continue;
    for (const text of [say.text].flat()) {
      if (typeof text !== 'string' || text.trim() === '') throw new Error('say: nothing to say');
      if (URL.canParse(text) || text.startsWith('silence_stream://')) throw new Error(`say: would be played: ${text}`);
      if (text.trimStart().startsWith('<speak') && !isOurs(text)) throw new Error(`say: would be markup: ${text}`);
    }
  }
}

// isOurs tells markup that was meant, which is one whole element, from a text that
// happens to look like it.
function isOurs(text) {
  return /^<speak>.*<\/speak>$/.test(text) && text.lastIndexOf('<speak') === 0 && !text.includes('<audio');
}

readline.createInterface({input: process.stdin}).on('line', (line) => {
  let verdict = 'ok';
  try {
    judge(line);
  } catch (err) {
    verdict = err.message.replace(/\s+/g, ' ');
  }
  console.log(verdict);
});
