package main

import (
	"strings"
	"time"

	"callflow/engine"
	"callflow/flows"
	"callflow/providers/telephony"
)

// fitsLengths finds options that nobody can choose where an entry ends by its length
// alone: those with fewer keys than others.
func fitsLengths(can telephony.Capabilities, options []engine.Option, longest int, report reporter) {
	if can.Partial {
		return
	}
	for _, o := range options {
		if len(o.Keys) < longest {
			report(flows.Error, "tells whole entries only: %s cannot be chosen beside options of %d keys", o.Keys, longest)
		}
	}
}

// fitsWhole looks at an entry of several lengths where one that a clock cuts short is
// lost, and counts as silence.
func fitsWhole(can telephony.Capabilities, k engine.CollectState, report reporter) {
	if k.Terminator != "" && strings.Contains(can.FinishKeys, k.Terminator) {
		report(flows.Warning, "tells whole entries only: one of fewer than %d digits counts as silence unless %s ends it", k.Max, k.Terminator)
		return
	}
	report(flows.Error, "tells whole entries only: one of fewer than %d digits counts as silence, for no key ends it", k.Max)
}

// globalsOf are the keys, valid everywhere, that lead somewhere from a state.
func globalsOf(program *engine.Program, state string) []string {
	var keys []string
	for _, g := range program.Spec().Globals {
		if program.Leads(state, engine.GlobalOutcome(g.Keys)) != "" {
			keys = append(keys, g.Keys)
		}
	}
	return keys
}

// fitsGlobals finds keys, valid everywhere, that the platform does not tell of where
// digits are entered.
func fitsGlobals(can telephony.Capabilities, k engine.CollectState, globals []string, report reporter) {
	for _, keys := range globals {
		switch {
		case !k.Presses(keys):
		case strings.Trim(keys, can.EntryKeys) != "":
			report(flows.Warning, "takes entries of digits alone: %s, which is valid everywhere, counts as a wrong entry here", keys)
		case can.Partial || k.Max <= len(keys):
		case k.Terminator != "" && strings.Contains(can.FinishKeys, k.Terminator):
			report(flows.Warning, "tells whole entries only: %s, which is valid everywhere, counts as silence here unless %s follows it", keys, k.Terminator)
		default:
			report(flows.Warning, "tells whole entries only: %s, which is valid everywhere, counts as silence here", keys)
		}
	}
}

// fitsGlobalsBeside finds keys, valid everywhere, that nobody can press where an entry
// ends by its length alone: those with fewer keys than the options.
func fitsGlobalsBeside(can telephony.Capabilities, globals []string, longest int, report reporter) {
	for _, keys := range globals {
		if !can.Partial && len(keys) < longest {
			report(flows.Warning, "tells whole entries only: %s, which is valid everywhere, cannot be pressed beside options of %d keys", keys, longest)
		}
	}
}

// fitsClocks compares the clocks of a question for so many keys at most.
func fitsClocks(can telephony.Capabilities, a engine.Asking, keys int, report reporter) {
	const between = "inter_digit_timeout"
	listens := a.Speech != nil && can.Listens(keys)
	asked := telephony.EntryClocks{First: a.Timeout, Between: a.InterDigit, Whole: a.MaxDuration}
	if keys <= 1 { // there is nothing between one key
		asked.Between = 0
	}
	kept := can.Keeps(asked, listens)
	first, gap := can.Clocks(listens)
	switch {
	case a.Timeout == 0:
	case !can.Timeouts.FirstDigit:
		report(flows.Warning, "has no timeout: it is left out")
	case can.OneClock == telephony.OneClockLonger && asked.Between > 0 && asked.Between != asked.First:
		report(flows.Warning, "has one clock: the longer of timeout (%s) and %s (%s) serves for both, and is %s", a.Timeout, between, a.InterDigit, kept.First)
	default:
		fitsTime("timeout", a.Timeout, first, report)
	}
	switch {
	case asked.Between == 0, can.OneClock == telephony.OneClockLonger:
	case can.Timeouts.InterDigit:
		fitsTime(between, a.InterDigit, gap, report)
	case can.OneClock != telephony.OneClockTimeout:
		report(flows.Warning, "has no %s: it is left out", between)
	case kept.Between != asked.Between:
		report(flows.Warning, "has one clock: timeout (%s) serves between keys too, and not %s (%s)", kept.First, between, a.InterDigit)
	}
	switch {
	case a.MaxDuration == 0:
	case !can.Timeouts.Total:
		report(flows.Warning, "has no max_duration: it is left out")
	case can.OneClock == telephony.OneClockLonger && a.MaxDuration < kept.First:
		report(flows.Warning, "gives the whole entry no less than its one clock: max_duration (%s) is lengthened beyond %s", a.MaxDuration, kept.First)
	default:
		fitsTime("max_duration", a.MaxDuration, can.Whole, report)
	}
}

// fitsPause compares the pause that ends what is said, which is the time between keys.
func fitsPause(can telephony.Capabilities, a engine.Asking, keys int, report reporter) {
	if a.Speech == nil || !can.Listens(keys) || a.InterDigit == 0 || can.Pause == (telephony.Span{}) {
		return
	}
	if can.Timeouts.InterDigit && can.Pause.Of(a.InterDigit) == can.Keeps(telephony.EntryClocks{Between: a.InterDigit}, true).Between {
		return // as it is between keys, which is said
	}
	if ends := can.Pause.Of(a.InterDigit); ends != a.InterDigit {
		report(flows.Warning, "ends what is said by a pause of %s: inter_digit_timeout is %s", ends, a.InterDigit)
	}
}

// fitsTime compares a time with what the platform makes of it.
func fitsTime(what string, asked time.Duration, can telephony.Span, report reporter) {
	becomes := can.Of(asked)
	switch {
	case becomes == asked:
	case becomes < asked:
		report(flows.Warning, "waits at most %s for %s; %s is shortened to it", becomes, what, asked)
	case becomes == can.Least:
		report(flows.Warning, "waits at least %s for %s; %s is lengthened to it", becomes, what, asked)
	case can.Step == time.Second:
		report(flows.Warning, "counts whole seconds: %s (%s) becomes %s", what, asked, becomes)
	default:
		report(flows.Warning, "counts in steps of %s: %s (%s) becomes %s", can.Step, what, asked, becomes)
	}
}

// fitsRecording compares how long a recording may be, and the pause that ends it.
func fitsRecording(can telephony.Capabilities, k engine.RecordState, report reporter) {
	if !can.Record {
		return
	}
	if k.Max > 0 && can.Tape.Of(k.Max) != k.Max {
		report(flows.Warning, "makes recordings of other lengths: max (%s) becomes %s", k.Max, can.Tape.Of(k.Max))
	}
	switch ends := can.Silence.Of(k.Silence); {
	case k.Silence == 0:
	case can.SilenceLeft:
		report(flows.Warning, "ends no recording by a pause: silence (%s) is left to the recorder, which is told of it", k.Silence)
	case ends != k.Silence && can.Silence.Most > 0:
		report(flows.Warning, "ends a recording by a pause of %s to %s; silence (%s) becomes %s", can.Silence.Least, can.Silence.Most, k.Silence, ends)
	case ends != k.Silence:
		report(flows.Warning, "ends a recording by other pauses: silence (%s) becomes %s", k.Silence, ends)
	}
}

// fitsRecordingEnds finds ends of a recording that the flow tells apart and the platform
// does not.
func fitsRecordingEnds(can telephony.Capabilities, program *engine.Program, state string, report reporter) {
	if !can.Record {
		return
	}
	apart := func(a, b engine.Outcome) bool { return program.Leads(state, a) != program.Leads(state, b) }
	switch {
	case can.RecordSilence == telephony.SilenceRecorded && apart(engine.OutEmpty, engine.OutRecorded):
		report(flows.Warning, "records silence as it does words: recorded follows, and not empty")
	case can.RecordSilence == telephony.SilenceFailed && apart(engine.OutEmpty, engine.OutFailed):
		report(flows.Warning, "tells a recording of nothing as one that failed: failed follows, and not empty, unless the caller has hung up")
	}
	if !can.RecordFailure && apart(engine.OutFailed, engine.OutRecorded) {
		report(flows.Warning, "tells of no recording that it failed: recorded follows, with an empty address")
	}
}

// fitsTimes compares how long a transfer rings and lasts.
func fitsTimes(can telephony.Capabilities, k engine.TransferState, report reporter) {
	if !can.Transfer || k.Refer {
		return
	}
	if becomes := can.Ring.Of(k.Timeout); k.Timeout > 0 && becomes < k.Timeout {
		report(flows.Warning, "lets a transfer ring for %s at most; timeout (%s) is shortened to it", becomes, k.Timeout)
	} else if k.Timeout > 0 && becomes > k.Timeout {
		report(flows.Warning, "lets a transfer ring for longer: timeout (%s) becomes %s", k.Timeout, becomes)
	}
	if to := k.To.String(); k.Timeout > 0 && can.RingNumbersOnly && (strings.HasPrefix(to, "sip") || strings.HasPrefix(to, "${")) {
		report(flows.Warning, "bounds the ringing of telephone numbers only: a sip: address rings as long as the platform lets it")
	}
	if !can.TransferLimit || k.Limit == 0 {
		return
	}
	if becomes := can.Talk.Of(k.Limit); becomes < k.Limit {
		report(flows.Warning, "ends a conversation after %s at most; limit (%s) is shortened to it", becomes, k.Limit)
	} else if becomes > k.Limit {
		report(flows.Warning, "ends no conversation so soon: limit (%s) becomes %s", k.Limit, becomes)
	}
}
