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

// fitsSilence compares the pause that ends a recording.
func fitsSilence(can telephony.Capabilities, k engine.RecordState, report reporter) {
	if !can.Record || can.MaxSilence == 0 || k.Silence == 0 {
		return
	}
	if ends := max(can.MinSilence, min(k.Silence, can.MaxSilence)); ends != k.Silence {
		report(flows.Warning, "ends a recording by a pause of %s to %s; silence (%s) becomes %s", can.MinSilence, can.MaxSilence, k.Silence, ends)
	}
}

// fitsTimes compares how long a transfer rings and lasts.
func fitsTimes(can telephony.Capabilities, k engine.TransferState, report reporter) {
	for _, c := range []struct {
		what        string
		asked, most time.Duration
	}{
		{"lets a transfer ring for %s at most; timeout (%s) is shortened to it", k.Timeout, can.MaxRing},
		{"ends a conversation after %s at most; limit (%s) is shortened to it", k.Limit, can.MaxTalk},
	} {
		if can.Transfer && !k.Refer && c.most > 0 && c.asked > c.most {
			report(flows.Warning, c.what, c.most, c.asked)
		}
	}
}
