package providers_test

import (
	"cmp"
	"flag"
	"maps"
	"os"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"callflow/providers"
	"callflow/providers/telephony"
)

var update = flag.Bool("update", false, "rewrite the table of capabilities in telephony/README.md")

// capability is a row of the table of capabilities.
type capability struct {
	name string
	of   func(telephony.Capabilities) string
}

func capabilityRows() []capability {
	is := func(name string, of func(telephony.Capabilities) bool) capability {
		return capability{name, func(c telephony.Capabilities) string { return yes(of(c)) }}
	}
	type can = telephony.Capabilities
	return []capability{
		{"digits of one entry, at most", func(c can) string { return count(c.MaxDigits) }},
		{"digits of one that listens, at most", func(c can) string {
			if !c.Speech {
				return "no"
			}
			return count(cmp.Or(c.ListenDigits, c.MaxDigits))
		}},
		{"waits for the first key", func(c can) string { return span(c.Timeouts.FirstDigit, c.First) }},
		{"waits between keys", func(c can) string { return span(c.Timeouts.InterDigit, c.Between) }},
		{"keeps both by one clock", func(c can) string {
			if c.OneClock == telephony.OneClockLonger {
				return "the longer"
			}
			return cmp.Or(string(c.OneClock), "no")
		}},
		{"waits for the first key or word, where it listens", func(c can) string { return span(c.Speech, cmp.Or(c.Listen, c.First)) }},
		{"waits between keys, where it listens", func(c can) string {
			return span(c.Speech && c.Timeouts.InterDigit, cmp.Or(c.ListenGap, c.Between))
		}},
		{"takes for the end of what is said, beyond a choice, a pause of", func(c can) string {
			if c.Speech && c.Pause == (telephony.Span{}) {
				return "its own"
			}
			return span(c.Speech, c.Pause)
		}},
		{"waits for the whole entry", func(c can) string { return span(c.Timeouts.Total, c.Whole) }},
		{"keys that end an entry", func(c can) string {
			if c.FinishKeys == telephony.EveryKey {
				return "any"
			}
			return cmp.Or(c.FinishKeys, "none")
		}},
		is("tells such a key alone from silence", func(c can) bool { return c.FinishAlone }),
		{"keys that an entry can have", func(c can) string {
			return strings.NewReplacer(telephony.EveryKey, "any", telephony.Digits, "digits").Replace(c.EntryKeys)
		}},
		{"type-ahead", func(c can) string { return string(c.TypeAhead) }},
		is("keys can be kept from cutting a prompt off", func(c can) bool { return c.BargeIn }),
		is("shows the terminator", func(c can) bool { return c.TerminatorVisible }),
		is("partial entries arrive", func(c can) bool { return c.Partial }),
		is("listens", func(c can) bool { return c.Speech }),
		{"phrases that it is told to expect", func(c can) string {
			if !c.Speech {
				return "no"
			}
			return hints(c.Hints)
		}},
		is("tells words that it did not understand from silence", func(c can) bool { return c.Unclear }),
		is("plays recordings", func(c can) bool { return c.Audio }),
		{"speaks SSML", func(c can) string {
			switch {
			case !c.SSML || c.MaxSSML == 0:
				return yes(c.SSML)
			case c.SSMLTags:
				return "to " + count(c.MaxSSML) + " characters, tags and all"
			}
			return "to " + count(c.MaxSSML) + " characters"
		}},
		{"holds callers by", func(c can) string { return string(c.Hold) }},
		is("transfers", func(c can) bool { return c.Transfer }),
		{"transfers to", func(c can) string { return numbers(c.Transfer, c.Dials) }},
		{"shows whoever takes a transfer", func(c can) string { return numbers(c.Transfer, c.Shows) }},
		is("goes on with the caller after a transfer", func(c can) bool { return c.TransferReturns }),
		{"lets transfers ring", func(c can) string {
			if c.Transfer && c.RingNumbersOnly {
				return span(true, c.Ring) + ", numbers only"
			}
			return span(c.Transfer, c.Ring)
		}},
		{"ends conversations after", func(c can) string { return span(c.TransferLimit, c.Talk) }},
		is("hands calls over", func(c can) bool { return c.Refer }),
		{"whispers to whoever takes a transfer", func(c can) string {
			if c.Whisper && c.WhisperNumbersOnly {
				return "to numbers only"
			}
			return yes(c.Whisper)
		}},
		{"tells the other side the context", func(c can) string {
			if c.Context && c.ContextSIPOnly {
				return "to `sip:` only"
			}
			return yes(c.Context)
		}},
		{"and how much of it", func(c can) string {
			all := []string{"any"}
			switch {
			case !c.Context:
				return "no"
			case c.ContextValue > 0:
				all = []string{count(c.ContextValue) + " bytes of each value"}
			case c.ContextRoom > 0:
				all = []string{count(c.ContextRoom) + " characters of an address in all"}
			}
			for _, kept := range c.ContextKept {
				all = append(all, "not `"+kept+"…`")
			}
			return strings.Join(all, ", ")
		}},
		{"has queues", func(c can) string {
			if c.Queue && c.MusicWhole {
				return "yes, with music to its end"
			}
			return yes(c.Queue)
		}},
		{"records callers", func(c can) string {
			if c.Record && c.RecordNotice {
				return "told later"
			}
			return yes(c.Record)
		}},
		{"ends recordings by a pause of", func(c can) string {
			if c.Record && c.SilenceLeft {
				return "left to the recorder"
			}
			return span(c.Record, c.Silence)
		}},
		{"makes recordings of", func(c can) string { return span(c.Record, c.Tape) }},
		{"tells a recording of nothing as", func(c can) string {
			if !c.Record {
				return "no"
			}
			return string(c.RecordSilence)
		}},
		is("tells that a recording failed", func(c can) bool { return c.Record && c.RecordFailure }),
		is("records whole calls", func(c can) bool { return c.RecordCalls }),
		is("tells of the end", func(c can) bool { return c.HangupNotice }),
		is("tells who hung up", func(c can) bool { return c.HangupBy }),
		{"speaks", func(c can) string {
			if c.Speaks == nil {
				return "any language"
			}
			return strconv.Itoa(len(bases(c.Speaks))) + " languages"
		}},
		{"a voice that no setting names", func(c can) string { return string(c.UnknownVoice) }},
		{"reads answers of", func(c can) string {
			if c.MaxDocument == 0 {
				return "any length"
			}
			return strconv.Itoa(c.MaxDocument) + " bytes"
		}},
		is("asks by GET too", func(c can) bool { return c.Get }),
		{"answer within", func(c can) string { return c.AnswerWithin.String() }},
	}
}

func yes(is bool) string {
	if is {
		return "yes"
	}
	return "no"
}

// bases are the languages of tags, each once, in order.
func bases(tags []string) []string {
	var all []string
	for _, tag := range tags {
		if base := telephony.BaseLanguage(tag); !slices.Contains(all, base) {
			all = append(all, base)
		}
	}
	return all
}

// numbers tells which telephone numbers a platform takes.
func numbers(has bool, n telephony.Numbers) string {
	switch {
	case !has:
		return "no"
	case n == telephony.NumbersAny:
		return "any number"
	}
	return "numbers " + strings.Replace(string(n), "international", "of 7 to 15 digits", 1)
}

// hints tells of phrases that a platform takes.
func hints(h telephony.Hints) string {
	if h == (telephony.Hints{}) {
		return "any"
	}
	text := count(h.Most)
	if h.Length > 0 {
		text += " of " + count(h.Length) + " characters"
	}
	if h.Room > 0 {
		text += ", " + count(h.Room) + " in all"
	}
	return text
}

func count(most int) string {
	if most == 0 {
		return "any"
	}
	return strconv.Itoa(most)
}

// span tells of times that a platform takes.
func span(has bool, s telephony.Span) string {
	if !has {
		return "no"
	}
	short := strings.NewReplacer("h0m0s", "h", "m0s", "m")
	all := "any time"
	switch {
	case s.Least > 0 && s.Most > 0:
		all = s.Least.String() + " to " + s.Most.String()
	case s.Most > 0:
		all = "to " + s.Most.String()
	case s.Least > 0:
		all = "from " + s.Least.String()
	}
	if s.Step == time.Second {
		all += ", in whole seconds"
	} else if s.Step > 0 {
		all += ", in steps of " + s.Step.String()
	}
	return short.Replace(all)
}

// extras are all settings without which a platform can do less.
func extras(e providers.Entry[telephony.Codec]) map[string][]string {
	all := map[string][]string{}
	for _, group := range e.Extras {
		for _, x := range group {
			all[x.Setting] = []string{x.Value}
		}
	}
	return all
}

// able opens a platform with the settings and tells what it can do then.
func able(t *testing.T, e providers.Entry[telephony.Codec], settings map[string][]string) telephony.Capabilities {
	t.Helper()
	all := map[string][]string{"unsigned": {"yes"}, "api_key": {"KEY0123"}}
	maps.Copy(all, settings)
	codec, err := e.Open(providers.NewSection(all, nil))
	if err != nil {
		t.Fatalf("%s: %v", e.Name, err)
	}
	return codec.Capabilities()
}

// capabilityTable is the table of the README: what platforms can do, one column each.
func capabilityTable(t *testing.T) string {
	t.Helper()
	platforms := providers.Telephony()
	var b strings.Builder
	line := func(first string, cell func(e providers.Entry[telephony.Codec]) string) {
		b.WriteString("| " + first + " |")
		for _, e := range platforms {
			b.WriteString(" " + cell(e) + " |")
		}
		b.WriteString("\n")
	}
	line("the platform", func(e providers.Entry[telephony.Codec]) string { return "[" + e.Name + "](" + e.Name + "/README.md)" })
	line("---", func(providers.Entry[telephony.Codec]) string { return "---" })
	for _, row := range capabilityRows() {
		line(row.name, func(e providers.Entry[telephony.Codec]) string {
			bare, full := row.of(able(t, e, nil)), row.of(able(t, e, extras(e)))
			if bare != full {
				return full + ", if configured"
			}
			return bare
		})
	}
	b.WriteString("\nThe languages of the platforms' own voices; those of others are what their speech services are set up with.\n\n")
	for _, e := range platforms {
		if tags := able(t, e, nil).Speaks; tags != nil {
			b.WriteString("- " + e.Name + ": " + strings.Join(tags, ", ") + "\n")
		}
	}
	return b.String()
}

// TestCapabilityTable holds the README to what the codecs declare.
func TestCapabilityTable(t *testing.T) {
	t.Parallel()
	const path, begin, end = "telephony/README.md", "<!-- capabilities: go test ./providers -update -->\n", "<!-- end of capabilities -->\n"
	readme, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok := strings.Cut(string(readme), begin)
	found, after, ok2 := strings.Cut(rest, end)
	if !ok || !ok2 {
		t.Fatalf("%s has no place for the table, between %q and %q", path, begin, end)
	}
	want := capabilityTable(t)
	if found == want {
		return
	}
	if !*update {
		t.Fatalf("the table in %s is not what the codecs declare; write it anew with: go test ./providers -update\n%s", path, want)
	}
	if err := os.WriteFile(path, []byte(before+begin+want+end+after), 0o644); err != nil {
		t.Fatal(err)
	}
}

// TestExtras: each group of settings lets a platform do more, and has nothing in it that
// does not.
func TestExtras(t *testing.T) {
	t.Parallel()
	for _, e := range providers.Telephony() {
		bare := able(t, e, nil)
		for _, group := range e.Extras {
			values := map[string][]string{}
			for _, x := range group {
				if !slices.ContainsFunc(e.Settings, func(s providers.Setting) bool { return s.Name == x.Setting }) {
					t.Errorf("%s has no setting %q", e.Name, x.Setting)
				}
				values[x.Setting] = []string{x.Value}
			}
			if reflect.DeepEqual(bare, able(t, e, values)) {
				t.Errorf("%s can do no more with %v", e.Name, group)
			}
			for _, x := range group {
				fewer := map[string][]string{"unsigned": {"yes"}, "api_key": {"KEY0123"}}
				maps.Copy(fewer, values)
				delete(fewer, x.Setting)
				if codec, err := e.Open(providers.NewSection(fewer, nil)); err == nil && !reflect.DeepEqual(bare, codec.Capabilities()) {
					t.Errorf("%s can do more without %s", e.Name, x.Setting)
				}
			}
		}
	}
}

// TestCapabilityRows: whatever a codec declares stands in the table.
func TestCapabilityRows(t *testing.T) {
	t.Parallel()
	show := func(c telephony.Capabilities) string {
		var cells []string
		for _, row := range capabilityRows() {
			cells = append(cells, row.of(c))
		}
		return strings.Join(cells, "|")
	}
	clocks := telephony.Clocks{FirstDigit: true, InterDigit: true, Total: true}
	all := telephony.Capabilities{
		Timeouts: clocks, Context: true, Record: true, Speech: true, SSML: true, MaxSSML: 100, Transfer: true, TransferLimit: true, Whisper: true, Queue: true,
	}
	var flip func(v reflect.Value, path string)
	flip = func(v reflect.Value, path string) {
		for i := range v.NumField() {
			f, name := v.Field(i), path+v.Type().Field(i).Name
			before, old := show(all), reflect.ValueOf(f.Interface())
			switch f.Kind() {
			case reflect.Bool:
				f.SetBool(!f.Bool())
			case reflect.Int, reflect.Int64:
				f.SetInt(f.Int() + int64(time.Minute))
			case reflect.String:
				f.SetString(f.String() + "x")
			case reflect.Slice:
				f.Set(reflect.Append(f, reflect.New(f.Type().Elem()).Elem()))
			case reflect.Struct:
				flip(f, name+".")
				continue
			default:
				t.Errorf("%s: a %s stands in no row", name, f.Kind())
				continue
			}
			if show(all) == before {
				t.Errorf("%s stands in no row of the table", name)
			}
			f.Set(old)
		}
	}
	flip(reflect.ValueOf(&all).Elem(), "")
}
