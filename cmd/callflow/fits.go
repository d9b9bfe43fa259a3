package main

import (
	"slices"
	"strings"
	"time"

	"callflow/cmd/callflow/config"
	"callflow/engine"
	"callflow/flows"
	"callflow/providers/telephony"
)

// fits finds what a flow asks for and a platform cannot do, state by state. What
// it does less well is a warning; what it does not do at all is an error.
func fits(p capable, file string, source []byte, program *engine.Program) flows.Diagnostics {
	places := map[string]flows.Pos{}
	var recording flows.Pos
	if doc, _ := flows.Parse(file, source); doc != nil {
		if doc.Recording != nil {
			recording = doc.Recording.Pos
		}
		for _, s := range doc.States {
			places[s.Name.Value] = s.Word.Pos
		}
	}
	var ds flows.Diagnostics
	if program.Spec().Recording != nil && !p.can.RecordCalls {
		d := flows.Report(config.CodePlatformLimit, file, recording, "%s cannot record whole calls with pauses for what is secret: nothing is recorded", p.name)
		d.Severity = flows.Warning
		ds = append(ds, d)
	}
	for _, s := range program.Spec().States {
		pos, written := places[s.Name]
		if !written {
			continue // what the compiler made of a written one is told there
		}
		report := func(severity flows.Severity, format string, args ...any) {
			d := flows.Report(config.CodePlatformLimit, file, pos, "%s "+format, append([]any{p.name}, args...)...)
			d.Severity = severity
			ds = append(ds, d)
		}
		fitsTexts(p.can, s.Kind, report)
		switch k := s.Kind.(type) {
		case engine.MenuState:
			longest := 0
			for _, o := range k.Options {
				longest = max(longest, len(o.Keys))
			}
			fitsAsking(p.can, k.Asking, longest, report)
			fitsDigits(p.can, longest, report)
		case engine.CollectState:
			fitsAsking(p.can, k.Asking, k.Max, report)
			fitsDigits(p.can, k.Max, report)
			if k.Terminator != "" && k.Min < k.Max && !strings.Contains(p.can.FinishKeys, k.Terminator) {
				report(flows.Warning, "ends no entry by %s: it ends at its last key, or when the caller pauses", k.Terminator)
			}
		case engine.ConfirmState:
			fitsAsking(p.can, k.Asking, 1, report)
		case engine.TransferState:
			if !p.can.Transfer {
				report(flows.Error, "cannot transfer calls")
			}
			fitsTransfer(p.can, k, report)
		case engine.QueueState:
			if !p.can.Queue {
				report(flows.Error, "has no queues")
			}
		case engine.RecordState:
			if !p.can.Record {
				report(flows.Error, "cannot record what a caller says")
			}
		case engine.AuthenticateState, engine.ChallengeState, engine.VerifyState, engine.IdentifyState, engine.RequestState, engine.ActionState:
			if p.can.Hold == telephony.HoldNone {
				report(flows.Warning, "cannot hold a caller while something runs: the answer waits for it, and a slow one ends the call")
			}
		}
	}
	return ds
}

// fitsTexts finds recordings and markup that are spoken in plain words.
func fitsTexts(can telephony.Capabilities, k engine.Kind, report func(flows.Severity, string, ...any)) {
	audio, ssml := false, false
	for _, text := range textsOf(k) {
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
}

// textsOf are what a state says.
func textsOf(k engine.Kind) []engine.Text {
	asking := func(a engine.Asking) []engine.Text { return slices.Concat(a.Prompt, a.NoInputText, a.NoMatchText) }
	switch k := k.(type) {
	case engine.SayState:
		return []engine.Text{k.Text}
	case engine.PlayState:
		return []engine.Text{k.Text}
	case engine.HangupState:
		return []engine.Text{k.Text}
	case engine.MenuState:
		texts := asking(k.Asking)
		if k.Each != nil {
			texts = append(texts, k.Each.Say, k.Each.SayMore)
		}
		return texts
	case engine.CollectState:
		return asking(k.Asking)
	case engine.ConfirmState:
		return asking(k.Asking)
	}
	return nil
}

func fitsTransfer(can telephony.Capabilities, k engine.TransferState, report func(flows.Severity, string, ...any)) {
	if k.Refer && !can.Refer {
		report(flows.Error, "cannot hand calls over: mode: refer")
	}
	if can.Transfer && !can.TransferReturns {
		report(flows.Warning, "ends a call with its transfer: what stands behind it, after no_answer and busy too, is heard by nobody")
	}
	if k.Limit > 0 && can.Transfer && !can.TransferLimit {
		report(flows.Warning, "ends no conversation: limit is left out")
	}
	if len(k.Whisper) > 0 && !can.Whisper {
		report(flows.Error, "cannot whisper to whoever takes a transfer")
	}
	if len(k.Context) > 0 && !can.Context {
		report(flows.Error, "cannot tell the other side anything: context")
	}
	if len(k.Context) > 0 && can.Context && can.ContextSIPOnly {
		report(flows.Warning, "sends context to a sip: address only: a telephone number is told nothing")
	}
}

// fitsAsking looks at a question for so many keys at most.
func fitsAsking(can telephony.Capabilities, a engine.Asking, keys int, report func(flows.Severity, string, ...any)) {
	const between = "inter_digit_timeout"
	for _, c := range []struct {
		what         string
		asked, limit time.Duration
		has          bool
	}{
		{"timeout", a.Timeout, can.MaxTimeout, can.Timeouts.FirstDigit},
		{between, a.InterDigit, can.MaxInterDigit, can.Timeouts.InterDigit},
		{"max_duration", a.MaxDuration, can.MaxDuration, can.Timeouts.Total},
	} {
		switch {
		case c.asked == 0, c.what == between && keys <= 1: // there is nothing between one key
		case !c.has && c.what == between && can.OneClock == telephony.OneClockTimeout:
			if a.InterDigit != a.Timeout {
				report(flows.Warning, "has one clock: timeout (%s) serves between keys too, and not %s (%s)", a.Timeout, between, a.InterDigit)
			}
		case !c.has && c.what == between && can.OneClock == telephony.OneClockLonger:
			if a.InterDigit != a.Timeout {
				report(flows.Warning, "has one clock: the longer of timeout (%s) and %s (%s) serves for both", a.Timeout, between, a.InterDigit)
			}
			if can.MaxTimeout > 0 && a.InterDigit > can.MaxTimeout {
				report(flows.Warning, "waits at most %s for %s; %s is shortened to it", can.MaxTimeout, between, a.InterDigit)
			}
		case !c.has:
			report(flows.Warning, "has no %s: it is left out", c.what)
		case c.limit > 0 && c.asked > c.limit:
			report(flows.Warning, "waits at most %s for %s; %s is shortened to it", c.limit, c.what, c.asked)
		}
	}
	if a.Speech != nil && !can.Speech {
		report(flows.Warning, "does not listen: callers can only press keys")
	}
	if !a.BargeIn && !can.BargeIn {
		report(flows.Warning, "always lets keys cut a prompt off: barge_in: false is left out")
	}
}

func fitsDigits(can telephony.Capabilities, digits int, report func(flows.Severity, string, ...any)) {
	if can.MaxDigits > 0 && digits > can.MaxDigits {
		report(flows.Error, "takes entries of at most %d digits; this one has up to %d", can.MaxDigits, digits)
	}
}
