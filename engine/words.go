package engine

import (
	"fmt"
	"maps"
	"math"
	"strconv"
	"strings"
	"time"

	"golang.org/x/text/currency"
	"golang.org/x/text/feature/plural"
	"golang.org/x/text/language"
	"golang.org/x/text/message"
	"golang.org/x/text/number"
)

// Words are what the engine itself says in a language, and how values are read
// aloud in it. Flows compiles them from a words file; NewWords makes them ready.
type Words struct {
	// Lang is the call's language, BCP 47.
	Lang string `yaml:"-"`
	// NoInput and NoMatch precede a repeated prompt: one for each attempt, the
	// last repeats.
	NoInput []string `yaml:"noinput"`
	NoMatch []string `yaml:"nomatch"`
	// NoMatchEntry is said instead of NoMatch where no choice was offered but an
	// entry was asked for; nil: NoMatch.
	NoMatchEntry []string `yaml:"nomatch_entry"`
	// Goodbye ends a call whose attempts or limits are used up, Apology one that
	// failed, Hold bridges the wait for an effect.
	Goodbye string `yaml:"goodbye"`
	Apology string `yaml:"apology"`
	Hold    string `yaml:"hold"`
	// Review is what is asked when a message was left: 1 keeps it, 2 plays it, 3
	// takes another one. "": a flow must bring words of its own.
	Review string `yaml:"review"`
	Minus  string `yaml:"minus"`
	And    string `yaml:"and"`
	// ListAnd stands before the last of several things; "": And.
	ListAnd string `yaml:"list_and"`
	// Months are twelve names. Date holds {day}, {month} and {year}; Clock12 and
	// Clock24 hold {hour}, {minute} and, the first, {half}.
	Months []string `yaml:"months"`
	Date   string   `yaml:"date"`
	Time   string   `yaml:"time"`
	// Half are the words for the halves of the day where Time has {half}.
	Half       []string                 `yaml:"half"`
	Currencies map[string]CurrencyWords `yaml:"currencies"`
	// Speech are what callers say; nil: no question can listen in this language.
	Speech *SpeechWords `yaml:"speech"`

	tag     language.Tag
	printer *message.Printer
	funcs   map[string]any
}

// CurrencyWords names a currency and its hundredths, one and several.
type CurrencyWords struct {
	One     string `yaml:"one"`
	Other   string `yaml:"other"`
	SubOne  string `yaml:"sub_one"`
	SubMany string `yaml:"sub_other"`
}

// NewWords checks w and makes it ready for lang. The argument is not changed.
func NewWords(lang string, w Words) (*Words, error) {
	tag, err := language.Parse(lang)
	if err != nil {
		return nil, fmt.Errorf("language %q is not a BCP 47 tag (en, en-AU, es)", lang)
	}
	for _, need := range []struct{ name, value string }{
		{"noinput", strings.Join(w.NoInput, "")},
		{"nomatch", strings.Join(w.NoMatch, "")},
		{"goodbye", w.Goodbye},
		{"apology", w.Apology},
		{"hold", w.Hold},
		{"minus", w.Minus},
		{"and", w.And},
		{"date", w.Date},
		{"time", w.Time},
	} {
		if strings.TrimSpace(need.value) == "" {
			return nil, fmt.Errorf("words for %s: %q is missing", lang, need.name)
		}
	}
	if len(w.Months) != 12 {
		return nil, fmt.Errorf("words for %s: months: found %d names, expected 12", lang, len(w.Months))
	}
	if strings.Contains(w.Time, "{half}") && len(w.Half) != 2 {
		return nil, fmt.Errorf("words for %s: half: found %d words, expected 2 (before noon, after noon)", lang, len(w.Half))
	}
	if w.Speech != nil {
		if w.Speech, err = w.Speech.ready(); err != nil {
			return nil, fmt.Errorf("words for %s: speech: %w", lang, err)
		}
	}
	w.Lang = lang
	w.tag = tag
	w.printer = message.NewPrinter(tag)
	w.funcs = map[string]any{
		"digits": readDigits,
		"money":  w.money,
		"date":   w.date,
		"time":   w.clock,
		"int":    toInt,
		"text":   toText,
		"len":    func(s string) int { return len([]rune(s)) },
	}
	maps.Copy(w.funcs, listCalls(&w))
	return &w, nil
}

// functionTypes are the functions of the language, by their Go types.
var functionTypes = map[string]any{
	"digits": readDigits,
	"money":  (*Words)(nil).money,
	"date":   (*Words)(nil).date,
	"time":   (*Words)(nil).clock,
	"int":    toInt,
	"text":   toText,
	"len":    func(string) int { return 0 },
}

// callTypes are those that a compiled expression calls.
var callTypes = func() map[string]any {
	all := maps.Clone(functionTypes)
	maps.Copy(all, listCallTypes)
	return all
}()

// failing are the functions that can fail on a value.
var failing = map[string]bool{"int": true, "date": true, "time": true}

func (w *Words) functions() map[string]any { return w.funcs }

// at picks the wording of an attempt, from 1; the last repeats.
func at(list []string, attempt int) string {
	if len(list) == 0 {
		return ""
	}
	return list[min(max(attempt, 1), len(list))-1]
}

// number64 gives an integer of the expression library our one number type.
func number64(v any) Value {
	if i, ok := v.(int); ok {
		return float64(i)
	}
	return v
}

// readDigits spells text out, one character after another.
func readDigits(text string) string {
	var b strings.Builder
	for _, r := range text {
		if b.Len() > 0 {
			b.WriteByte(' ')
		}
		b.WriteRune(r)
	}
	return b.String()
}

// toText writes a value as text.
func toText(v any) (string, error) {
	v = number64(v)
	if f, ok := v.(float64); ok && !finite(f) {
		return "", errNotFinite
	}
	return textOf(v), nil
}

// toInt reads a whole number from text or cuts a number's fraction off.
func toInt(v any) (int, error) {
	switch v := v.(type) {
	case int:
		return v, nil
	case float64:
		if math.IsNaN(v) || math.Abs(v) > 1<<53 {
			return 0, fmt.Errorf("int: the number is out of range")
		}
		return int(v), nil
	case string:
		n, err := strconv.Atoi(strings.TrimSpace(v))
		if err != nil {
			return 0, fmt.Errorf("int: the text is not a whole number")
		}
		return n, nil
	}
	return 0, fmt.Errorf("int: expected a text or a number")
}

// money reads an amount aloud: "12 dollars and 50 cents". Currencies without
// names in the words file are read as a decimal number and their code.
func (w *Words) money(amount float64, code string) (string, error) {
	if math.IsNaN(amount) || math.Abs(amount) >= 1e15 {
		return "", fmt.Errorf("money: the amount is out of range")
	}
	unit, err := currency.ParseISO(code)
	scale := 2
	if err == nil {
		scale, _ = currency.Standard.Rounding(unit)
	}
	sign := ""
	if amount < 0 {
		sign, amount = w.Minus+" ", -amount
	}
	factor := math.Pow10(scale)
	minor := math.Round(amount * factor)
	if minor == 0 {
		sign = ""
	}
	whole, part := int64(minor)/int64(factor), int64(minor)%int64(factor)
	names, ok := w.Currencies[strings.ToUpper(code)]
	if !ok || err != nil {
		return sign + w.printer.Sprint(number.Decimal(minor/factor, number.Scale(scale), number.NoSeparator())) + " " + code, nil
	}
	text := sign + w.count(whole, names.One, names.Other)
	if part > 0 && names.SubMany != "" {
		if whole == 0 {
			return sign + w.count(part, names.SubOne, names.SubMany), nil
		}
		text += " " + w.And + " " + w.count(part, names.SubOne, names.SubMany)
	} else if part > 0 {
		return sign + w.printer.Sprint(number.Decimal(minor/factor, number.Scale(scale), number.NoSeparator())) + " " + names.Other, nil
	}
	return text, nil
}

// count is a number with its noun, in the language's plural.
func (w *Words) count(n int64, one, other string) string {
	noun := other
	if plural.Cardinal.MatchPlural(w.tag, int(n%1_000_000), 0, 0, 0, 0) == plural.One {
		noun = one
	}
	return strconv.FormatInt(n, 10) + " " + noun
}

// date reads 2026-11-21, or an instant that begins so, aloud.
func (w *Words) date(iso string) (string, error) {
	head, _, _ := strings.Cut(strings.TrimSpace(iso), "T")
	t, err := time.Parse(time.DateOnly, head)
	if err != nil {
		return "", fmt.Errorf("date: expected a date like 2026-11-21")
	}
	return strings.NewReplacer("{day}", strconv.Itoa(t.Day()), "{month}", w.Months[t.Month()-1], "{year}", strconv.Itoa(t.Year())).Replace(w.Date), nil
}

// clock reads 17:05, or the clock of an instant (2026-11-21T17:05:00Z), aloud.
func (w *Words) clock(iso string) (string, error) {
	text := strings.TrimSpace(iso)
	if _, after, ok := strings.Cut(text, "T"); ok {
		text = after
	}
	if len(text) < 5 {
		return "", fmt.Errorf("time: expected a time like 17:05")
	}
	t, err := time.Parse("15:04", text[:5])
	if err != nil {
		return "", fmt.Errorf("time: expected a time like 17:05")
	}
	hour, half := strconv.Itoa(t.Hour()), ""
	if len(w.Half) == 2 {
		half = w.Half[0]
		if t.Hour() >= 12 {
			half = w.Half[1]
		}
		hour = strconv.Itoa((t.Hour()+11)%12 + 1)
	}
	return strings.NewReplacer("{hour}", hour, "{minute}", fmt.Sprintf("%02d", t.Minute()), "{half}", half).Replace(w.Time), nil
}
