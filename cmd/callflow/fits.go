package main

import (
	"strings"

	"callflow/cmd/callflow/config"
	"callflow/engine"
	"callflow/flows"
	"callflow/providers/telephony"
)

// reporter tells of something that a platform cannot do, where it was asked for.
type reporter func(severity flows.Severity, format string, args ...any)

// fitsAll is fits for all flows and platforms.
func fitsAll(bundle *flows.Bundle, able []capable) flows.Diagnostics {
	if len(able) == 0 {
		return nil
	}
	var ds flows.Diagnostics
	for _, name := range bundle.Names() {
		file := bundle.Files[name]
		where := whereOf(file, bundle.Sources[file])
		for _, p := range able {
			ds = append(ds, fits(p, where, bundle.Flows[name])...)
		}
	}
	return ds
}

// where is where in its file a flow says what platforms may not do.
type where struct {
	file             string
	states           map[string]flows.Pos
	recording, voice flows.Pos
	languages        []flows.Scalar
}

func whereOf(file string, source []byte) where {
	w := where{file: file, states: map[string]flows.Pos{}}
	doc, _ := flows.Parse(file, source)
	if doc == nil {
		return w
	}
	if doc.Recording != nil {
		w.recording = doc.Recording.Pos
	}
	w.voice, w.languages = doc.Voice.Pos, doc.Languages
	for _, s := range doc.States {
		w.states[s.Name.Value] = s.Word.Pos
	}
	return w
}

// fits finds what a flow asks for and a platform cannot do, state by state. What
// it does less well is a warning; what it does not do at all is an error.
func fits(p capable, w where, program *engine.Program) flows.Diagnostics {
	var ds flows.Diagnostics
	type told struct {
		pos     flows.Pos
		message string
	}
	known := map[told]bool{} // a question and its confirmation say the same, say
	at := func(pos flows.Pos) reporter {
		return func(severity flows.Severity, format string, args ...any) {
			d := flows.Report(config.CodePlatformLimit, w.file, pos, "%s "+format, append([]any{p.name}, args...)...)
			d.Severity = severity
			if said := (told{d.Pos, d.Message}); !known[said] {
				known[said] = true
				ds = append(ds, d)
			}
		}
	}
	documents := newDocuments(p, program)
	if r := program.Spec().Recording; r != nil {
		p.needs(func(can telephony.Capabilities) bool { return can.RecordCalls }, at(w.recording), flows.Warning,
			"cannot record whole calls with pauses for what is secret: nothing is recorded", "records whole calls, with pauses for what is secret,")
		fitsTexts(documents, []engine.Text{r.Announce}, at(w.recording))
	}
	fitsVoice(p, program.Spec(), at(w.voice), func(i int) reporter {
		if i < len(w.languages) {
			return at(w.languages[i].Pos)
		}
		return at(flows.Pos{Line: 1, Col: 1}) // the flow names none: it is the default one
	})
	for i, s := range program.Spec().States {
		pos, written := w.states[writtenAs(s)]
		if !written {
			continue // it has the words of the language, or is a sub-flow's, which is told of there
		}
		report := at(pos)
		fitsTexts(documents, engine.TextsOf(s.Kind), report)
		fitsHints(p.can, program, &program.Spec().States[i], report)
		documents.check(&program.Spec().States[i], report)
		if queue, ok := s.Kind.(engine.QueueState); ok && queue.Music != "" && p.can.Queue && !p.can.Audio {
			report(flows.Warning, "plays no recordings: those who wait hear no music")
		}
		if queue, ok := s.Kind.(engine.QueueState); ok && queue.Music != "" && p.can.MusicWhole && p.can.Audio && len(queue.Say) > 0 {
			report(flows.Warning, "plays music to its end: the next announcement waits for that, also where every (%s) is shorter, and comes sooner where the music is", queue.Every)
		}
		switch k := s.Kind.(type) {
		case engine.MenuState:
			longest := 0
			for _, o := range k.Options {
				longest = max(longest, len(o.Keys))
			}
			fitsAsking(p.can, k.Asking, longest, report)
			fitsDigits(p.can, longest, report)
			fitsLengths(p.can, k.Options, longest, report)
			fitsGlobalsBeside(p.can, globalsOf(program, s.Name), longest, report)
		case engine.CollectState:
			fitsAsking(p.can, k.Asking, k.Max, report)
			fitsPause(p.can, k.Asking, k.Max, report)
			fitsDigits(p.can, k.Max, report)
			fitsGlobals(p.can, k, globalsOf(program, s.Name), report)
			if k.Min < k.Max && !p.can.Partial {
				fitsWhole(p.can, k, report)
			} else if k.Terminator != "" && k.Min < k.Max && !strings.Contains(p.can.FinishKeys, k.Terminator) {
				report(flows.Warning, "ends no entry by %s: it ends at its last key, or when the caller pauses", k.Terminator)
			}
		case engine.ConfirmState:
			fitsAsking(p.can, k.Asking, 1, report)
		case engine.TransferState:
			if !p.can.Transfer {
				report(flows.Error, "cannot transfer calls")
			}
			fitsTransfer(p, k, report)
		case engine.QueueState:
			if !p.can.Queue {
				report(flows.Error, "has no queues")
			}
		case engine.RecordState:
			p.needs(func(can telephony.Capabilities) bool { return can.Record }, report, flows.Error,
				"cannot record what a caller says", "records what a caller says")
			fitsRecording(p.can, k, report)
			fitsRecordingEnds(p.can, program, s.Name, report)
		case engine.AuthenticateState, engine.ChallengeState, engine.VerifyState, engine.IdentifyState, engine.RequestState, engine.ActionState:
			if p.can.Hold == telephony.HoldNone {
				report(flows.Warning, "cannot hold a caller while something runs: the answer waits for it, and a slow one ends the call")
			}
		}
	}
	return ds
}

// writtenAs is the name under which a state was written. The compiler makes others of
// parts of it: NAME.confirm, NAME.review.
func writtenAs(s engine.State) string {
	if s.Scope != "" {
		return s.Name
	}
	name, _, _ := strings.Cut(s.Name, ".")
	return name
}

// fitsTexts finds recordings and markup that are spoken in plain words.
func fitsTexts(d *documents, texts []engine.Text, report reporter) {
	can := d.p.can
	audio, ssml := false, false
	for _, text := range texts {
		for _, template := range text {
			audio = audio || template.Audio() != ""
			ssml = ssml || template.IsMarked()
		}
	}
	if audio && !can.Audio {
		report(flows.Warning, "plays no recordings: their texts are spoken")
	}
	if ssml && !can.SSML {
		report(flows.Warning, "speaks no SSML: the plain text in it is spoken")
	}
	fitsMarkup(d, texts, report)
}

func fitsTransfer(p capable, k engine.TransferState, report reporter) {
	can := p.can
	if k.Refer {
		p.needs(func(can telephony.Capabilities) bool { return can.Refer }, report, flows.Error,
			"cannot hand calls over: mode: refer", "hands calls over (mode: refer)")
	}
	if can.Transfer && !can.TransferReturns {
		report(flows.Warning, "ends a call with its transfer: what stands behind it, after no_answer and busy too, is heard by nobody")
	}
	if k.Limit > 0 && can.Transfer && !can.TransferLimit {
		report(flows.Warning, "ends no conversation: limit is left out")
	}
	fitsNumbers(can, k, report)
	fitsTimes(can, k, report)
	if len(k.Whisper) > 0 && !can.Whisper {
		report(flows.Error, "cannot whisper to whoever takes a transfer")
	}
	if len(k.Whisper) > 0 && can.Whisper && can.WhisperNumbersOnly {
		report(flows.Warning, "whispers to a telephone number only: a sip: address is connected without a word")
	}
	if len(k.Context) > 0 && !can.Context {
		report(flows.Error, "cannot tell the other side anything: context")
	}
	if len(k.Context) > 0 && can.Context && can.ContextSIPOnly {
		report(flows.Warning, "sends context to a sip: address only: a telephone number is told nothing")
	}
	fitsContext(can, k, report)
}

// fitsAsking looks at a question for so many keys at most.
func fitsAsking(can telephony.Capabilities, a engine.Asking, keys int, report reporter) {
	fitsClocks(can, a, keys, report)
	switch {
	case a.Speech == nil || can.Listens(keys):
	case !can.Speech:
		report(flows.Warning, "does not listen: callers can only press keys")
	default:
		report(flows.Warning, "listens to entries of at most %d digits; this one has up to %d: callers can only press keys", can.ListenDigits, keys)
	}
	if a.Speech != nil && can.Speech && !can.Unclear && (a.NoMatchText != nil || a.MaxNoMatch > 0) {
		report(flows.Warning, "tells words that it does not understand as silence: noinput follows, and not nomatch")
	}
	if !a.BargeIn && !can.BargeIn {
		report(flows.Warning, "always lets keys cut a prompt off: barge_in: false is left out")
	}
}

func fitsDigits(can telephony.Capabilities, digits int, report reporter) {
	if can.MaxDigits > 0 && digits > can.MaxDigits {
		report(flows.Error, "takes entries of at most %d digits; this one has up to %d", can.MaxDigits, digits)
	}
}
