package providers_test

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"html"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"callflow/engine"
	"callflow/providers"
	"callflow/providers/telephony"
)

// eachPlatform runs a test for every platform, set up so that it can do all that it can.
func eachPlatform(t *testing.T, test func(t *testing.T, codec telephony.Codec, can telephony.Capabilities)) {
	t.Helper()
	voice := func(name, language string) providers.Section {
		return providers.NewSection(map[string][]string{"voice": {name}, "language": {language}}, nil)
	}
	for _, e := range providers.Telephony() {
		settings := map[string][]string{"unsigned": {"yes"}, "api_key": {"KEY0123"}}
		maps.Copy(settings, extras(e))
		voices := map[string]providers.Section{"Marked": markingVoice(e.Name, voice)}
		codec, err := e.Open(providers.NewSection(settings, voices))
		if err != nil {
			t.Fatal(err)
		}
		t.Run(e.Name, func(t *testing.T) {
			t.Parallel()
			test(t, codec, codec.Capabilities())
		})
	}
}

// markingVoice is a voice of a platform that obeys markup.
func markingVoice(platform string, voice func(name, language string) providers.Section) providers.Section {
	switch platform {
	case "jambonz":
		return providers.NewSection(map[string][]string{"vendor": {"aws"}, "voice": {"Olivia"}, "language": {"en-AU"}}, nil)
	case "telnyx":
		return voice("AWS.Polly.Olivia-Neural", "en-AU")
	case "twilio":
		return voice("Polly.Olivia-Neural", "en-AU")
	case "plivo":
		return voice("Polly.Olivia", "en-AU")
	case "vonage":
		return providers.NewSection(map[string][]string{"language": {"en-AU"}}, nil)
	case "tropo":
		return voice("allison", "en-US")
	}
	return voice("Olivia", "en-AU")
}

// document is what a platform is told to do, as one text without its escapes; "": it
// cannot do that.
func document(t *testing.T, codec telephony.Codec, verbs ...engine.Verb) string {
	t.Helper()
	reply, err := codec.Encode(telephony.Outbound{
		Verbs:   verbs,
		TurnURL: "https://flows.example.com/t", LostURL: "https://flows.example.com/l", NoticeURL: "https://flows.example.com/n",
		Token: "s/1/n",
	})
	if err != nil {
		if !errors.Is(err, telephony.ErrUnsupported) {
			t.Fatal(err)
		}
		return ""
	}
	said := [][]byte{reply.Body}
	for _, c := range reply.Commands {
		said = append(said, c.Body)
	}
	return html.UnescapeString(string(bytes.Join(said, []byte("\n"))))
}

func asks(change func(*engine.Gather)) engine.Gather {
	g := engine.Gather{
		Prompts: []engine.Say{{Text: "Number?", Lang: "en-AU"}}, Min: 1, Max: 8, Terminator: "#",
		Timeout: 5 * time.Second, InterDigit: 3 * time.Second, BargeIn: true,
	}
	change(&g)
	return g
}

func listens(change func(*engine.Gather)) engine.Gather {
	return asks(func(g *engine.Gather) {
		g.Speech = &engine.Listen{Lang: "en-AU"}
		change(g)
	})
}

// grammar are the digits of Tropo's grammars.
var grammar = regexp.MustCompile(`\[1(?:-([0-9]+))? DIGITS\]`)

// digitsOf is how many digits a document asks for at most.
func digitsOf(platform, document string) (int, error) {
	if platform == "tropo" {
		m := grammar.FindStringSubmatch(document)
		if m == nil {
			return 0, errors.New("no grammar")
		}
		return strconv.Atoi(cmp.Or(m[1], "1"))
	}
	name := map[string]string{
		"twilio": "numDigits", "plivo": "numDigits", "telnyx": "maximum_digits", "signalwire": "max_digits", "generic": "max_digits",
	}[platform]
	m := regexp.MustCompile(`\b` + cmp.Or(name, "maxDigits") + `"?[=:]"?([0-9]+)`).FindStringSubmatch(document)
	if m == nil {
		return 0, errors.New("no number of digits")
	}
	return strconv.Atoi(m[1])
}

// TestDigitsAreAsDeclared: a platform is asked for as many digits as a question has, or
// for as many as it declares, and listens to no question for more than it declares.
func TestDigitsAreAsDeclared(t *testing.T) {
	t.Parallel()
	eachPlatform(t, func(t *testing.T, codec telephony.Codec, can telephony.Capabilities) {
		for most := 1; most <= 200; most++ {
			for _, speech := range []bool{false, true} {
				keyed := document(t, codec, asks(func(g *engine.Gather) { g.Max = most }))
				got := keyed
				if speech {
					got = document(t, codec, listens(func(g *engine.Gather) { g.Max = most }))
					if is := got != keyed; is != can.Listens(most) {
						t.Errorf("a question for %d digits listens: %t, and declared is %t", most, is, can.Listens(most))
					}
				}
				want := most
				if can.MaxDigits > 0 {
					want = min(most, can.MaxDigits)
				}
				if n, err := digitsOf(codec.Name(), got); err != nil || n != want {
					t.Errorf("of %d digits it is asked for %d, %v, expected %d: %s", most, n, err, want, got)
				}
			}
		}
	})
}

// TestTriesAreOne: whatever a question is, each platform is told to ask it once, and
// nothing of how many digits it has at least, for which the engine sees.
func TestTriesAreOne(t *testing.T) {
	t.Parallel()
	once := map[string]string{
		"plivo": `retries="1"`, "telnyx": `"maximum_tries":1,`, "tropo": `"attempts":1,`, "sinch": `"repeats":0,`, "eightx8": `"noOfTries":1}`,
	}
	eachPlatform(t, func(t *testing.T, codec telephony.Codec, _ telephony.Capabilities) {
		first := ""
		for least := 1; least <= 64; least++ {
			got := document(t, codec, asks(func(g *engine.Gather) { g.Min, g.Max = least, 64 }))
			if !strings.Contains(got, once[codec.Name()]) {
				t.Fatalf("there is no %s in %s", once[codec.Name()], got)
			}
			if codec.Name() == "generic" {
				whole := strconv.Itoa(least)
				if !strings.Contains(got, `"min_digits":`+whole+",") {
					t.Errorf("at least %d digits: %s", least, got)
				}
				got = strings.Replace(got, `"min_digits":`+whole+",", `"min_digits":1,`, 1)
			}
			if first = cmp.Or(first, got); got != first {
				t.Errorf("with at least %d digits it is told\n%s\nand with 1\n%s", least, got, first)
			}
		}
	})
}

// TestFinishKeysAreAsDeclared: a platform is told of a key that ends an entry if that is
// one of those which it declares, and of any key that ends a recording.
func TestFinishKeysAreAsDeclared(t *testing.T) {
	t.Parallel()
	eachPlatform(t, func(t *testing.T, codec telephony.Codec, can telephony.Capabilities) {
		none := document(t, codec, asks(func(g *engine.Gather) { g.Terminator = "" }))
		record := func(key string) string {
			return document(t, codec, engine.RecordVoice{ID: "r-1", Max: time.Minute, Terminator: key})
		}
		open := record("")
		if can.Record != (open != "") {
			t.Errorf("it records: %t, and declared is %t", open != "", can.Record)
		}
		told := map[string]string{}
		for _, key := range strings.Split(telephony.EveryKey, "") {
			got := document(t, codec, asks(func(g *engine.Gather) { g.Terminator = key }))
			if ends := got != none; ends != strings.Contains(can.FinishKeys, key) {
				t.Errorf("%s ends an entry: %t, and declared is %q", key, ends, can.FinishKeys)
			} else if other := told[got]; ends && other != "" {
				t.Errorf("%s is told as %s is: %s", key, other, got)
			}
			told[got] = key
			if got := record(key); can.Record && got == open {
				t.Errorf("%s ends no recording: %s", key, got)
			}
		}
	})
}

// TestOptionsAreAll: of a menu's options none is left out, however many there are.
func TestOptionsAreAll(t *testing.T) {
	t.Parallel()
	eachPlatform(t, func(t *testing.T, codec telephony.Codec, _ telephony.Capabilities) {
		for _, first := range []string{"", "*"} { // a star makes of some a list
			for _, n := range []int{1, 2, 9, 10, 50, 99} {
				var options []string
				for i := range n {
					options = append(options, first+strconv.Itoa(100+i))
				}
				menu := func(list []string) string {
					return document(t, codec, asks(func(g *engine.Gather) { g.Min, g.Max, g.Terminator, g.Options = 3, len(first)+3, "", list }))
				}
				got := menu(options)
				if got == menu(nil) {
					continue // it is asked for so many keys
				}
				for _, o := range options {
					if !strings.Contains(got, o) {
						t.Errorf("of %d options %s is left out: %s", n, o, got)
					}
				}
			}
		}
	})
}

// TestHintsAreAsDeclared: a platform is told as many phrases as it declares, and as much
// of each, and of no other.
func TestHintsAreAsDeclared(t *testing.T) {
	t.Parallel()
	phrases := func(n, length int) (all []string) {
		for i := range n {
			p := fmt.Sprintf("w%03d", i)
			all = append(all, p+strings.Repeat("é", max(0, length-len(p))))
		}
		return all
	}
	marked := regexp.MustCompile(`w[0-9]{3}é*`)
	eachPlatform(t, func(t *testing.T, codec telephony.Codec, can telephony.Capabilities) {
		if !can.Speech {
			return
		}
		for _, c := range []struct{ n, length int }{{1, 4}, {99, 10}, {100, 10}, {101, 10}, {500, 10}, {501, 10}, {999, 4}, {3, 99}, {3, 100}, {3, 101}, {3, 500}, {99, 100}, {100, 100}, {500, 100}} {
			given := phrases(c.n, c.length)
			got := marked.FindAllString(document(t, codec, listens(func(g *engine.Gather) { g.Speech.Hints = given })), -1)
			want := can.Hints.Of(given, func(p string) string { return p })
			if can.MaxDocument > 0 && c.n*c.length > can.MaxDocument/2 {
				continue // it is too long to be read
			}
			if !slices.Equal(got, want) {
				t.Errorf("of %d phrases of %d characters it is told %d, declared are %d, of %+v", c.n, c.length, len(got), len(want), can.Hints)
			}
		}
	})
}

// TestHintsOf: what is beyond a bound is left out, and what stands behind it is not.
func TestHintsOf(t *testing.T) {
	t.Parallel()
	same := func(p string) string { return telephony.Words(p, ",") }
	for _, c := range []struct {
		hints telephony.Hints
		given string
		want  string
	}{
		{telephony.Hints{}, "a|b b|c,d||a", "a|b b|c d"},
		{telephony.Hints{Most: 2}, "a|b|c", "a|b"},
		{telephony.Hints{Length: 3}, "äbc|äbcd|äb c", "äbc|äb"},
		{telephony.Hints{Room: 5}, "ab|cd|e", "ab|cd"},
		{telephony.Hints{Room: 5}, "ab|cde|fg", "ab|fg"},
		{telephony.Hints{Room: 5}, "abcdef|éé|éé é|é", "éé|é"},
	} {
		if got := strings.Join(c.hints.Of(strings.Split(c.given, "|"), same), "|"); got != c.want {
			t.Errorf("%+v of %s: got %s, want %s", c.hints, c.given, got, c.want)
		}
	}
}

// words are so many words, each of which is another.
func words(n int) []string {
	all := make([]string, n)
	for i := range all {
		all[i] = fmt.Sprintf("word%05d", i)
	}
	return all
}

var word = regexp.MustCompile(`word[0-9]{5}`)

// TestTextsAreWhole: of what is said nothing is lost and nothing is said twice, however
// long it is, or the answer is refused, by a platform that declares how much it reads.
func TestTextsAreWhole(t *testing.T) {
	t.Parallel()
	eachPlatform(t, func(t *testing.T, codec telephony.Codec, can telephony.Capabilities) {
		for _, n := range []int{1, 59, 60, 61, 149, 150, 151, 299, 300, 301, 1000, 20_000} {
			all := words(n)
			say := engine.Say{Text: strings.Join(all, " "), Lang: "en-AU", BargeIn: true}
			for name, verbs := range map[string][]engine.Verb{
				"said":         {say, engine.Hangup{}},
				"asked":        {asks(func(g *engine.Gather) { g.Prompts = []engine.Say{say} })},
				"asked slowly": {asks(func(g *engine.Gather) { g.Prompts, g.BargeIn = []engine.Say{say}, false })},
			} {
				got := document(t, codec, verbs...)
				if got == "" && can.MaxDocument > 0 && len(say.Text) > can.MaxDocument/2 {
					continue
				}
				if found := word.FindAllString(got, -1); !slices.Equal(found, all) {
					t.Errorf("of %d words that are %s, %d are in the document", n, name, len(found))
				}
			}
		}
	})
}

// TestMarkupIsAsDeclared: what is marked up is spoken so up to the length that a platform
// declares, and beyond it in plain words, of which none is lost.
func TestMarkupIsAsDeclared(t *testing.T) {
	t.Parallel()
	const begin, end = "<speak>", `<break time="300ms"/></speak>`
	eachPlatform(t, func(t *testing.T, codec telephony.Codec, can telephony.Capabilities) {
		marked := func(length int) (spoken, whole bool) {
			all := words(max(1, length/10))
			text := strings.Join(all, " ")
			text += strings.Repeat(".", max(0, length-len(text)))
			got := document(t, codec, engine.Say{Text: text, SSML: begin + text + end, Lang: "en-AU", Voice: "Marked"}, engine.Hangup{})
			found := word.FindAllString(got, -1) // our own contract has both
			return strings.Contains(got, "break"), slices.Equal(found, all) || codec.Name() == "generic" && slices.Equal(found, slices.Concat(all, all))
		}
		tags := 0
		if can.SSMLTags {
			tags = len(begin) + len(end)
		}
		for _, length := range []int{10, 100, 500, can.MaxSSML - tags - 50, can.MaxSSML - tags, can.MaxSSML - tags + 1, can.MaxSSML - tags + 50, 5000} {
			if length <= 0 {
				continue
			}
			want := can.SSML && (can.MaxSSML == 0 || length+tags <= can.MaxSSML)
			spoken, whole := marked(length)
			if spoken != want && (length+tags <= can.MaxSSML-20 || length > can.MaxSSML-tags) {
				t.Errorf("%d characters are spoken as they are marked: %t, declared is %t", length, spoken, want)
			}
			if !whole {
				t.Errorf("of %d characters some words are lost", length)
			}
		}
	})
}

// TestNumbersAreAsDeclared: a transfer leads to the numbers that a platform declares, and
// shows those, and neither cuts nor changes one.
func TestNumbersAreAsDeclared(t *testing.T) {
	t.Parallel()
	long := "sip:" + strings.Repeat("front.", 35) + "@desk.example.com"
	eachPlatform(t, func(t *testing.T, codec telephony.Codec, can telephony.Capabilities) {
		dial := func(to, from string) string {
			return document(t, codec, engine.Dial{To: to, From: from, Timeout: 20 * time.Second})
		}
		for _, number := range []string{
			"+15550100123", "15550100123", "+611300555123", "0255500123", "1001", "123456", "1234567", "+1234567", "123456789012345", "1234567890123456", "+1234567890123456", "*98", "+12*34567",
		} {
			want := can.Transfer && can.Dials.Takes(number)
			if got := dial(number, ""); (got != "") != want || want && !strings.Contains(got, strings.TrimPrefix(number, "+")) {
				t.Errorf("it dials %s: %t, and declared is %t: %s", number, got != "", want, got)
			}
			if !can.Transfer {
				continue
			}
			hidden := dial("+15550100999", "")
			got := dial("+15550100999", number)
			if shows := got != hidden; shows != can.Shows.Takes(number) || shows && !strings.Contains(got, strings.TrimPrefix(number, "+")) {
				t.Errorf("it shows %s: %t, and declared is %t: %s", number, shows, can.Shows.Takes(number), got)
			}
		}
		if got := dial(long, ""); can.Transfer && !strings.Contains(got, strings.TrimPrefix(long, "sip:")) {
			t.Errorf("of a long address something is lost: %s", got)
		}
	})
}

// TestContextIsAsDeclared: the other side is told as much of each value, and of all of
// them, as a platform declares, and no names that it keeps for itself.
func TestContextIsAsDeclared(t *testing.T) {
	t.Parallel()
	eachPlatform(t, func(t *testing.T, codec telephony.Codec, can telephony.Capabilities) {
		to := "+15550100123"
		if can.ContextSIPOnly {
			to = "sip:desk@example.com"
		}
		tell := func(fields ...engine.Header) string {
			return document(t, codec, engine.Dial{To: to, Timeout: 20 * time.Second, Context: fields})
		}
		if got := tell(engine.Header{Name: "X-Account", Value: "word00001"}); strings.Contains(got, "word00001") != can.Context {
			t.Errorf("it tells the context: %s, and declared is %t", got, can.Context)
		}
		if !can.Context {
			return
		}
		for _, length := range []int{1, 100, 255, 256, 257, 1000, 4000} {
			want := length
			if can.ContextValue > 0 {
				want = min(want, can.ContextValue)
			}
			if can.ContextRoom > 0 && len("X-A=")+length > can.ContextRoom {
				want = 0
			}
			own := strings.Count(tell(engine.Header{Name: "X-A"}), "Q")
			got := strings.Count(tell(engine.Header{Name: "X-A", Value: strings.Repeat("Q", length)}), "Q") - own
			if got != want {
				t.Errorf("of a value of %d bytes it tells %d, declared are %d", length, got, want)
			}
		}
		for n := 1; n <= 10; n++ {
			var fields []engine.Header
			room, want := can.ContextRoom, 0
			for i := range n {
				f := engine.Header{Name: fmt.Sprintf("X-%c", 'A'+i), Value: "word00001" + strings.Repeat("x", 20*i*i%400)}
				fields = append(fields, f)
				if room -= len("&X-A=") + len(f.Value); can.ContextRoom == 0 || room >= -1 { // nothing stands before the first
					want++
				} else {
					room += len("&X-A=") + len(f.Value)
				}
			}
			if got := strings.Count(tell(fields...), "word00001"); can.ContextValue == 0 && got != want {
				t.Errorf("of %d values it tells %d, declared are %d", n, got, want)
			}
		}
		for _, kept := range can.ContextKept {
			for _, name := range []string{"X-" + kept, "X-" + strings.ToUpper(kept) + "-More", "X-" + kept[:2] + "-" + kept[2:]} {
				if got := tell(engine.Header{Name: name, Value: "1"}); got != "" {
					t.Errorf("%s is told, and declared as kept: %s", name, got)
				}
			}
		}
	})
}

// TestQueuesAreNamedWhole: a queue is called as the flow calls it, however long its name.
func TestQueuesAreNamedWhole(t *testing.T) {
	t.Parallel()
	eachPlatform(t, func(t *testing.T, codec telephony.Codec, can telephony.Capabilities) {
		for _, length := range []int{1, 32, 64} {
			got := document(t, codec, engine.Enqueue{Queue: strings.Repeat("q", length)})
			if can.Queue != strings.Contains(got, strings.Repeat("q", length)) {
				t.Errorf("it has a queue with a name of %d letters, and declared is %t: %s", length, can.Queue, got)
			}
		}
	})
}
