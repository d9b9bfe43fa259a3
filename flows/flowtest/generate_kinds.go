package flowtest

import (
	"slices"
	"strings"

	"callflow/engine"
	"callflow/flows/prove"
)

// trial is something that can happen where a call waits.
type trial struct {
	// moves are what the caller does, one after the other and from the first again,
	// times in all at most: until the question is left.
	moves Script
	times int
	// on goes on where the question was left.
	on bool
	// dial is how a transfer ends, instead.
	dial engine.DialResult
	// record is how a recording ends, instead.
	record engine.RecordResult
	// queue is what becomes of waiting, instead.
	queue string
	// start begins the call, instead.
	start bool
}

func press(keys ...string) Script {
	var s Script
	for _, k := range keys {
		s = append(s, Move{Keys: engine.NewSecret(k)})
	}
	return s
}

// trials are all that makes a difference in the state where a player waits. This
// is where a new kind of state says what can happen in it; what its effects can
// come to stands in the oracle.
func (g *generator) trials(p *Player) []trial {
	q, waits := p.Question()
	state, ok := g.program.State(p.session.State)
	if !waits || !ok {
		return nil
	}
	hangUp := trial{moves: Script{{Hangup: true}}}
	switch k := state.Kind.(type) {
	case engine.MenuState:
		var good []string
		for _, o := range k.Options {
			good = append(good, o.Keys)
		}
		if k.Each == nil {
			all := g.asked(&k.Asking, q, good, nil)
			for _, o := range k.Options {
				all = append(all, g.aloud(p, q, k.Speech, saidFirst(o.Say, g.lang(p)))...)
			}
			return append(all, hangUp)
		}
		all := g.asked(&k.Asking, q, append(good, "1"), nil)
		if slices.Contains(q.Gather.Options, k.Each.More) {
			all = append(all, trial{moves: press(k.Each.More, "1")})
		}
		all = append(all, g.aloud(p, q, k.Speech, "1")...)
		return append(all, hangUp)
	case engine.CollectState:
		good := g.values.entries(state.Scope, k)
		for i, keys := range good {
			good[i] = g.finished(k, keys)
		}
		all := g.asked(&k.Asking, q, good, mistakes(k))
		if len(good) > 0 {
			spell := func(digits string) string { return strings.Join(strings.Split(digits, ""), " ") }
			all = append(all, g.aloud(p, q, k.Speech, spell(strings.TrimRight(good[0], "*#")), spell(strings.Repeat("1", k.Max+1)))...)
		}
		return append(all, hangUp)
	case engine.ConfirmState:
		all := g.asked(&k.Asking, q, []string{k.Yes, k.No}, nil)
		if words := g.spec.Words[g.lang(p)].Speech; words != nil {
			all = append(all, g.aloud(p, q, k.Speech, words.Yes[0])...)
			all = append(all, g.aloud(p, q, k.Speech, words.No[0])...)
		}
		return append(all, hangUp)
	case engine.QueueState:
		var all []trial
		for _, word := range queueResults {
			all = append(all, trial{queue: word})
		}
		return append(all, hangUp)
	case engine.RecordState:
		var all []trial
		for _, word := range recordResults {
			all = append(all, trial{record: engine.RecordResult(word)})
		}
		return append(all, hangUp)
	case engine.TransferState:
		var all []trial
		for _, word := range dialResults {
			all = append(all, trial{dial: engine.DialResult(word)})
		}
		return append(all, hangUp)
	}
	return []trial{hangUp}
}

// leaving are the trials that end with a key, each with a hang-up right behind that:
// while a service is still asked, it leads elsewhere than the answer would.
func leaving(trials []trial) []trial {
	var all []trial
	for _, t := range trials {
		var moves Script
		for n := 0; len(t.moves) > 0 && n < max(t.times, len(t.moves)); n++ {
			moves = append(moves, t.moves[n%len(t.moves)])
		}
		if n := len(moves) - 1; n >= 0 && moves[n].Keys.Len() > 0 && !moves[n].Hangup {
			moves[n].Hangup = true
			all = append(all, trial{moves: moves, times: len(moves)})
		}
	}
	return all
}

// aloud are the trials of a question that listens: what chooses something, what
// stands for a key that is valid everywhere, what means nothing, and what is not
// clear. wrong are words that the question refuses.
func (g *generator) aloud(p *Player, q Question, l *engine.Listening, words string, wrong ...string) []trial {
	if l == nil || q.Gather.Speech == nil {
		return nil
	}
	var all []trial
	say := func(text string, unclear bool) {
		if text != "" {
			all = append(all, trial{moves: Script{{Say: engine.NewSecret(text), Unclear: unclear}}})
		}
	}
	say(words, false)
	for _, s := range l.Globals {
		say(saidFirst(s.Say, g.lang(p)), false)
	}
	for _, text := range g.moving(p) {
		say(text, false)
	}
	for _, text := range wrong {
		say(text, false)
	}
	say("blah blah", false)
	say("mumble", true)
	return all
}

// moving are the language's words for keys of an entry that cannot be pressed in
// it, and lead back or ask again.
func (g *generator) moving(p *Player) []string {
	collect, ok := g.kind(p).(engine.CollectState)
	words := g.spec.Words[g.lang(p)].Speech
	if !ok || words == nil {
		return nil
	}
	var all []string
	for _, key := range g.spec.Globals {
		switch to := g.target(p.session.State, engine.GlobalOutcome(key.Keys)); {
		case collect.Presses(key.Keys) || slices.ContainsFunc(collect.Speech.Globals, func(s engine.Spoken) bool { return s.Keys == key.Keys }):
		case to == engine.StateBack:
			all = append(all, words.Back[0])
		case to == p.session.State:
			all = append(all, words.Repeat[0])
		}
	}
	return all
}

// kind is what the state in which a call waits does.
func (g *generator) kind(p *Player) engine.Kind {
	state, ok := g.program.State(p.session.State)
	if !ok {
		return nil
	}
	return state.Kind
}

// saidFirst is the first of some phrases in a language, or "".
func saidFirst(phrases engine.Phrases, lang int) string {
	if lang >= len(phrases) || len(phrases[lang]) == 0 {
		return ""
	}
	return phrases[lang][0]
}

// lang is the language of a call, as an index.
func (g *generator) lang(p *Player) int {
	return max(0, slices.Index(g.spec.Languages, p.session.Lang))
}

// finished is an entry with the terminator it needs.
func (g *generator) finished(k engine.CollectState, keys string) string {
	if len(keys) < k.Max && k.Terminator != "" {
		return keys + k.Terminator
	}
	return keys
}

// asked are the trials of a question: each good answer, each key that is valid
// everywhere, silence and mistakes once, and each until it gives up.
func (g *generator) asked(a *engine.Asking, q Question, good, wrong []string) []trial {
	var all []trial
	for _, keys := range good {
		all = append(all, trial{moves: press(keys)})
	}
	for _, global := range g.spec.Globals {
		if !slices.Contains(good, global.Keys) {
			all = append(all, trial{moves: press(global.Keys)})
		}
	}
	all = append(all, trial{moves: Script{{}}})
	if len(q.Gather.Options) > 0 {
		wrong = noOption(q.Gather.Options)
	}
	for _, keys := range wrong {
		all = append(all, trial{moves: press(keys)})
	}
	give := func(moves Script) { all = append(all, trial{moves: moves, times: a.Attempts}) }
	silence := Script{{}}
	give(silence)
	if len(wrong) > 0 {
		bad := press(wrong[0])
		give(bad)
		give(append(silence, bad...))
		give(append(bad, silence...))
		give(slices.Concat(silence, silence, bad))
		give(slices.Concat(bad, bad, silence))
	}
	return all
}

// noOption is an entry that a question with options does not know.
func noOption(options []string) []string {
	for _, keys := range [...]string{"5", "7", "9", "8", "6", "4", "3", "2", "1", "0", "*", "#"} {
		if !slices.ContainsFunc(options, func(o string) bool { return strings.HasPrefix(o, keys) }) {
			return []string{keys}
		}
	}
	for _, o := range options {
		if len(o) > 1 && !slices.Contains(options, o[:1]) {
			return []string{o[:1]}
		}
	}
	return nil
}

// mistakes are entries that a question of digits refuses: too short, with a key
// that is no digit, not matching, with a wrong check digit.
func mistakes(k engine.CollectState) []string {
	var all []string
	entry, ok := prove.Entry(k)
	if !ok {
		entry = strings.Repeat("1", k.Max)
	}
	if k.Min > 1 {
		all = append(all, entry[:k.Min-1])
	} else if k.Terminator != "" {
		all = append(all, k.Terminator)
	}
	misfits := prove.Misfits(k)
	for _, reason := range [...]string{"pattern", "check"} {
		keys, ok := misfits[reason]
		if ok && len(keys) < k.Max && k.Terminator != "" {
			keys += k.Terminator
		}
		if ok {
			all = append(all, keys)
		}
	}
	for _, odd := range [...]string{"*", "#"} {
		if odd != k.Terminator && len(entry) > 1 {
			keys := entry[:1] + odd + entry[1:]
			all = append(all, keys[:min(len(keys), k.Max)])
			break
		}
	}
	return all
}
