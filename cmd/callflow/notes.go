package main

import (
	"fmt"
	"io"

	"callflow/engine"
	"callflow/flows"
	"callflow/providers/telephony"
)

// typeAhead says what becomes of keys that callers press before they are asked for; "":
// they count. It is no fault of a flow, which asks then what callers would have
// answered, so that it is said once of a platform, and not of each question.
func typeAhead(can telephony.Capabilities) string {
	switch can.TypeAhead {
	case telephony.TypeAheadLossy:
		return "keys pressed ahead are lost while an answer is on its way, and the next question is asked all the same"
	case telephony.TypeAheadNone:
		return "keys pressed ahead of a question are lost, and it is asked all the same"
	}
	return ""
}

// notesOn are what is to be known of platforms, by name, where callers could press keys
// ahead: a flow asks more than one question.
func notesOn(bundle *flows.Bundle, able []capable) (notes []string) {
	if bundle == nil || !asksAgain(bundle) {
		return nil
	}
	for _, p := range able {
		if note := typeAhead(p.can); note != "" {
			notes = append(notes, p.name+": "+note)
		}
	}
	return notes
}

// asksAgain tells whether a flow has a question behind another.
func asksAgain(bundle *flows.Bundle) bool {
	for _, program := range bundle.Flows {
		questions := 0
		for _, s := range program.Spec().States {
			if engine.AskingOf(s.Kind) != nil {
				questions++
			}
		}
		if questions > 1 {
			return true
		}
	}
	return false
}

func printNotes(w io.Writer, notes []string) {
	for _, note := range notes {
		fmt.Fprintln(w, note)
	}
}
