package flows

import (
	"bytes"
	"embed"
	"fmt"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"

	"callflow/engine"
	"callflow/engine/lazy"
)

//go:embed words/*.yaml
var wordsFiles embed.FS

// languages finds the words of each language of the flow. One without words is
// reported and left out of the rest.
func (c *compiler) languages() {
	if c.serving != nil {
		c.langs = c.serving
		for _, lang := range c.langs {
			words, _ := c.wordsFor(lang) // which were there when it was compiled alone
			c.words = append(c.words, words)
		}
		return
	}
	tags := c.doc.Languages
	if len(tags) == 0 {
		tags = []Scalar{{Value: "en", Pos: c.doc.Flow.Pos}}
	}
	for _, s := range tags {
		lang := s.Value
		if slices.Contains(c.langs, lang) {
			c.report(CodeBadLanguage, s.Pos, "the language %q stands twice", lang)
			continue
		}
		words, err := c.wordsFor(lang)
		if err != nil {
			c.deaf[lang] = true
			c.deaf[baseOf(lang)] = true
			d := c.report(CodeBadLanguage, s.Pos, "%s", err)
			if fixed := strings.ReplaceAll(lang, "_", "-"); fixed != lang {
				d.Hint = "write " + quote(fixed)
			}
			continue
		}
		c.langs = append(c.langs, lang)
		c.words = append(c.words, words)
	}
	if len(c.langs) == 0 {
		words, err := c.wordsFor("en")
		if err != nil {
			c.report(CodeBadLanguage, c.doc.Flow.Pos, "%s", err)
			return
		}
		c.langs, c.words = []string{"en"}, []*engine.Words{words}
	}
}

var languageTag = lazy.Regexp(`^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$`)

func (c *compiler) wordsFor(lang string) (*engine.Words, error) {
	if !languageTag().MatchString(lang) {
		return nil, fmt.Errorf("%q is no language; expected a tag such as en, en-AU or es", lang)
	}
	src, from, ok := c.wordsSource(lang)
	if !ok {
		return nil, fmt.Errorf("there are no words for %q; there are words for %s", lang, and(c.wordsKnown()))
	}
	var w engine.Words
	dec := yaml.NewDecoder(bytes.NewReader(src))
	dec.KnownFields(true)
	if err := dec.Decode(&w); err != nil {
		return nil, fmt.Errorf("the words of %q cannot be read: %w", from, err)
	}
	return engine.NewWords(lang, w)
}

// wordsSource is the words file for a language: its own, else that of its base;
// one handed over by the caller before one that comes with the program.
func (c *compiler) wordsSource(lang string) (src []byte, from string, ok bool) {
	for _, name := range []string{lang, baseOf(lang)} {
		if src, ok := c.opts.Words[name]; ok {
			return src, name, true
		}
		if src, err := wordsFiles.ReadFile("words/" + name + ".yaml"); err == nil {
			return src, name, true
		}
	}
	return nil, "", false
}

// wordsKnown lists the languages that have words, sorted.
func (c *compiler) wordsKnown() []string {
	var known []string
	entries, _ := wordsFiles.ReadDir("words")
	for _, e := range entries {
		known = append(known, strings.TrimSuffix(e.Name(), ".yaml"))
	}
	for lang := range c.opts.Words {
		known = append(known, lang)
	}
	slices.Sort(known)
	return slices.Compact(known)
}
