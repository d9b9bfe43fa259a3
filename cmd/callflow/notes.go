package main

import (
	"fmt"
	"io"

	"callflow/cmd/callflow/config"
	"callflow/engine"
	"callflow/flows"
	"callflow/providers/telephony"
	"callflow/server"
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

// numberNotes tell of beginnings of called numbers that stand for extensions, and that one
// might take for those of other numbers.
func numberNotes(c *config.Config) (notes []string) {
	for _, n := range c.Numbers {
		if other, ok := server.Mistaken(n.Number, c.Region); ok {
			notes = append(notes, fmt.Sprintf("numbers: %q stands for extensions, and for calls that come with no more than was dialled; the numbers of %s that begin so are %q", n.Number, c.Region.Code(), other))
		}
	}
	return notes
}

func printNotes(w io.Writer, notes []string) {
	for _, note := range notes {
		fmt.Fprintln(w, note)
	}
}
