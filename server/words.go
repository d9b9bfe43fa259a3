package server

import (
	"strings"

	"callflow/engine"
)

// wording is something that is said where there is no flow to ask for its words:
// by language.
type wording []struct{ lang, text string }

// notInService is said to callers of a number that no flow answers.
func notInService() wording {
	return wording{
		{"en", "The number you have called is not in service. Goodbye."},
		{"es", "El número al que llama no está en servicio. Adiós."},
	}
}

// apology is said when nothing else can be.
func apology() wording {
	return wording{
		{"en", "Sorry, something went wrong. Please call again later. Goodbye."},
		{"es", "Lo sentimos, algo ha fallado. Llame más tarde, por favor. Adiós."},
	}
}

// in is the wording in the first language of those given that it has, else in its
// own first.
func (w wording) in(languages ...string) engine.Say {
	for _, tag := range languages {
		base, _, _ := strings.Cut(strings.ToLower(tag), "-")
		for _, line := range w {
			if line.lang == base {
				return engine.Say{Text: line.text, Lang: tag}
			}
		}
	}
	return engine.Say{Text: w[0].text, Lang: w[0].lang}
}
