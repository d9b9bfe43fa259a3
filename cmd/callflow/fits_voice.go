package main

import (
	"callflow/engine"
	"callflow/flows"
	"callflow/providers/telephony"
)

// fitsVoice finds a voice that a platform has never heard of, and languages that it
// speaks with another one's voice or listens to with another one's ear. voice and
// languages report at the places where the flow names them.
func fitsVoice(p capable, spec *engine.Spec, voice reporter, languages func(i int) reporter) {
	speaker, speaks := p.codec.(telephony.Speaker)
	if speaks && spec.Voice != "" && p.can.UnknownVoice == telephony.VoiceLeftOut {
		if !speaker.Speaks(engine.Say{Voice: spec.Voice, Lang: spec.Languages[0]}).Named {
			voice(flows.Warning, "leaves the voice %q out, and speaks in one of its own: no setting under voices: %s: says what it calls that voice", spec.Voice, p.name)
		}
	}
	for i, lang := range spec.Languages {
		if speaks {
			spoken := speaker.Speaks(engine.Say{Voice: spec.Voice, Lang: lang}).Language
			fitsLanguage(lang, spoken, languages(i), "does not speak %s: its voice for %s reads the texts", "has no voice for %s: that for %s speaks")
		}
		if listener, ok := p.codec.(telephony.Listener); ok && p.can.Speech && listens(spec) {
			fitsLanguage(lang, listener.Hears(lang), languages(i), "does not listen to %s, but to %s", "does not listen to %s, but to %s")
		}
	}
}

// fitsLanguage compares a flow's language with that of a platform.
func fitsLanguage(lang, of string, report reporter, another, near string) {
	switch country := telephony.Country(lang); {
	case !telephony.SameLanguage(lang, of):
		report(flows.Warning, another, lang, of)
	case country != "" && telephony.Country(of) != "" && country != telephony.Country(of):
		report(flows.Warning, near, lang, of)
	}
}

// listens tells whether any question of a flow does.
func listens(spec *engine.Spec) bool {
	for _, s := range spec.States {
		if a := engine.AskingOf(s.Kind); a != nil && a.Speech != nil {
			return true
		}
	}
	return false
}
