package main

import (
	"slices"
	"strings"

	"callflow/engine"
	"callflow/flows"
	"callflow/providers/telephony"
)

// fitsHints finds phrases that a platform is not told to expect.
func fitsHints(can telephony.Capabilities, program *engine.Program, state *engine.State, report reporter) {
	if !can.Speech {
		return
	}
	for i, lang := range program.Spec().Languages {
		all := program.Hints(state.Name, i)
		first := all[:min(len(all), engine.MaxHints)]
		told := can.Hints.Of(first, func(phrase string) string { return telephony.Words(phrase, ",") })
		if len(told) < len(all) {
			report(flows.Warning, "is told to expect %d of the %d phrases in %s: the others are understood less well", len(told), len(all), lang)
		}
	}
}

// fitsMarkup finds markup that is not spoken: by that voice, or of that length.
func fitsMarkup(d *documents, texts []engine.Text, report reporter) {
	if !d.p.can.SSML || d.p.codec == nil {
		return
	}
	for _, text := range texts {
		for i, template := range text {
			lang := d.spec.Languages[i]
			switch say := d.say(template, lang); {
			case !template.IsMarked() || d.speaks(say):
			case !d.speaks(engine.Say{Text: "Well.", SSML: `<speak>Well.<break time="1s"/></speak>`, Lang: lang, Voice: say.Voice}):
				report(flows.Warning, "speaks SSML by some voices only, which voices: %s: names, and by none for %s: the plain text in it is spoken", d.p.name, lang)
			case d.p.can.MaxSSML > 0:
				report(flows.Warning, "speaks at most %d characters of SSML at once: the plain text in this one, in %s, is spoken", d.p.can.MaxSSML, lang)
			default:
				report(flows.Warning, "does not speak this SSML in %s: the plain text in it is spoken", lang)
			}
		}
	}
}

// speaks tells whether a platform is told the markup of a text.
func (d *documents) speaks(say engine.Say) bool {
	marked, err := d.p.codec.Encode(telephony.Outbound{Verbs: []engine.Verb{say, engine.Hangup{}}})
	if err != nil {
		return true // it is too long altogether, which is told of
	}
	say.SSML = ""
	plain, err := d.p.codec.Encode(telephony.Outbound{Verbs: []engine.Verb{say, engine.Hangup{}}})
	return err != nil || !slices.Equal(spelled(marked), spelled(plain))
}

// spelled is what a platform is told.
func spelled(r telephony.Reply) []string {
	all := []string{string(r.Body)}
	for _, c := range r.Commands {
		all = append(all, string(c.Body))
	}
	return all
}

// fitsNumbers finds numbers that a transfer cannot lead to, or show.
func fitsNumbers(can telephony.Capabilities, k engine.TransferState, report reporter) {
	if !can.Transfer || k.Refer {
		return
	}
	const digits = "dials numbers of 7 to 15 digits that begin with a country's code, and sip: addresses"
	if to, written := writtenNumber(k.To); can.Dials == telephony.NumbersInternational {
		switch {
		case written && to != "" && !can.Dials.Takes(to):
			report(flows.Error, digits+": a transfer to %s is refused, and the call ends", to)
		case !written:
			report(flows.Warning, digits+": with another number the transfer is refused, and the call ends")
		}
	}
	if from, written := writtenNumber(k.From); written && from != "" && !can.Shows.Takes(from) {
		kind := "numbers that begin with a plus"
		if can.Shows == telephony.NumbersInternational {
			kind = "numbers of 7 to 15 digits that begin with a country's code"
		}
		report(flows.Warning, "shows whoever takes a transfer %s only: from (%s) is left out", kind, from)
	}
}

// writtenNumber is a number as the flow has it: "" for an address, and false where it is
// known at the call alone. One that begins with a plus has its country's code.
func writtenNumber(t engine.Template) (number string, written bool) {
	if len(t) == 0 {
		return "", true
	}
	if begins := t[0].Literal; strings.HasPrefix(begins, "+") && len(t) > 1 || strings.HasPrefix(begins, "sip") {
		return "", true
	}
	for _, part := range t {
		if part.Expr != nil {
			return "", false
		}
		number += part.Literal
	}
	target, _ := telephony.ParseTarget(number)
	return target.Number, true
}

// fitsContext finds what of the context does not reach the other side.
func fitsContext(can telephony.Capabilities, k engine.TransferState, report reporter) {
	if !can.Context {
		return
	}
	room := 0
	for _, c := range k.Context {
		name := strings.ToLower(strings.ReplaceAll(strings.TrimPrefix(c.Name, "X-"), "-", ""))
		for _, kept := range can.ContextKept {
			if strings.HasPrefix(name, kept) {
				report(flows.Error, "keeps header fields that begin with X-%s for itself: with %s in its context the transfer is refused, and the call ends", kept, c.Name)
			}
		}
		value := literal(c.Value)
		if can.ContextValue > 0 && len(value) > can.ContextValue {
			report(flows.Warning, "tells %d bytes of each value of the context: %s is cut", can.ContextValue, c.Name)
		}
		room += len(telephony.WithHeaders("", []engine.Header{{Name: c.Name, Value: value}}))
	}
	if can.ContextRoom > 0 && room-1 > can.ContextRoom {
		report(flows.Warning, "has room for %d characters of context: what is beyond is left out", can.ContextRoom)
	}
}

// literal is what of a template is written, without its values.
func literal(t engine.Template) (text string) {
	for _, part := range t {
		text += part.Literal
	}
	return text
}
