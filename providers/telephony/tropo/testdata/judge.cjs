// Makes every action of a document anew with the constructors of Tropo's own library,
// which check their arguments, and compares. One document a line comes in; one line
// goes out for each: true, or what was found.
const dir = process.argv[2];
const t = require(dir + '/node_modules/tropo-webapi/lib/base.js');

const choices = (c) => c && new t.Choices(c.value, c.mode, c.terminator);
const says = (s) => {
  if (s === undefined) return undefined;
  for (const one of Array.isArray(s) ? s : [s]) new t.Say(one.value, one.as, null, one.name, one.required, one.voice);
  return Array.isArray(s) ? s : new t.Say(s.value, s.as, null, s.name, s.required, s.voice);
};
const make = {
  say: (a) => new t.Say(a.value, a.as, null, a.name, a.required, a.voice),
  wait: (a) => new t.Wait(a.milliseconds),
  ask: (a) => new t.Ask(choices(a.choices), a.attempts, a.bargein, a.minConfidence, a.name, a.recognizer, a.required, says(a.say),
    a.timeout, a.voice, a.interdigitTimeout, a.sensitivity, a.speechCompleteTimeout, a.speechIncompleteTimeout, a.allowSignals,
    a.promptLogSecurity, a.asrLogSecurity, a.maskTemplate),
  transfer: (a) => new t.Transfer(a.to, a.answerOnMedia, a.choices, a.from, a.headers, a.name, a.on, a.required, a.terminator, a.timeout),
  record: (a) => new t.Record(a.attempts, a.asyncUpload, a.bargein, a.beep, choices(a.choices), a.format, a.maxSilence, a.maxTime, a.method,
    a.minConfidence, a.name, a.required, says(a.say), a.timeout, a.transcription, [{url: a.url}]),
  on: (a) => new t.On(a.event, a.name, a.next, a.required, says(a.say)),
  hangup: () => null,
};
const sorted = (v) => {
  if (Array.isArray(v)) return v.map(sorted);
  if (v && typeof v === 'object') return Object.fromEntries(Object.keys(v).sort().filter((k) => v[k] !== undefined && v[k] !== null).map((k) => [k, sorted(v[k])]));
  return v;
};

for (const line of require('fs').readFileSync(0, 'utf8').split('\n').filter(Boolean)) {
  let verdict = true;
  try {
    const doc = JSON.parse(line);
    if (Object.keys(doc).join() !== 'tropo') throw new Error('no document');
    for (const one of doc.tropo) {
      const [name, ...more] = Object.keys(one);
      if (more.length) throw new Error('two actions in one');
      if (name === 'generalLogSecurity') {
        if (one[name] !== 'suppress' && one[name] !== 'none') throw new Error(name);
        continue;
      }
      if (!make[name]) throw new Error('no action ' + name);
      const theirs = JSON.stringify(sorted(JSON.parse(JSON.stringify(make[name](one[name])))));
      // An older application gives one address, a newer one an object.
      const ours = JSON.stringify(sorted(name === 'record' ? {...one[name], url: {url: one[name].url}} : one[name]));
      if (theirs !== ours) throw new Error(name + ': ' + ours + ' would be ' + theirs);
    }
  } catch (e) {
    verdict = e.message;
  }
  console.log(JSON.stringify(verdict));
}
