package engine

import (
	"slices"
	"strings"
)

// Name is "language".
func (LanguageState) Name() string { return "language" }

// Outcomes of a language.
func (LanguageState) Outcomes() []Outcome { return []Outcome{OutNext} }

func (k LanguageState) arrive(st *step) Outcome {
	by, err := k.By.render(st.s, st.words, nil)
	if err != nil {
		return st.fail(err)
	}
	tag := by
	if k.Choose != nil {
		tag = k.Else
		if i, ok := slices.BinarySearchFunc(k.Choose, by, func(c LanguageChoice, by string) int { return strings.Compare(c.Value, by) }); ok {
			tag = k.Choose[i].Lang
		}
	}
	if lang, ok := st.p.Speaks(tag); ok {
		st.speaksNow(lang)
	} else if tag != "" {
		st.reason = "not a language of the flow"
	}
	return OutNext
}

// speaksNow makes a language of the program the call's.
func (st *step) speaksNow(lang string) {
	st.s.Lang = lang
	st.lang = st.p.langIndex(lang)
	st.words = st.p.spec.Words[st.lang]
}

func (LanguageState) route(*step, Event) Outcome { return "" }
