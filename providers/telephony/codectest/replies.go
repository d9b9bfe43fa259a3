package codectest

import (
	"bytes"
	"encoding/json"
	"errors"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/txtar"

	"callflow/engine"
	"callflow/providers/telephony"
)

// Outbound is an answer of the suite, by name.
type Outbound struct {
	Name string
	Out  telephony.Outbound
}

// The URLs of every answer of the suite.
const (
	TurnURL   = "https://ivr.example.com/v1/x/turns/s1/3/n0nce"
	LostURL   = TurnURL + "?lost=1"
	NoticeURL = "https://ivr.example.com/v1/x/status"
	Token     = "s1/3/n0nce"
)

// With is an answer of those verbs, with the suite's URLs and apology.
func With(verbs ...engine.Verb) telephony.Outbound {
	return telephony.Outbound{
		Verbs:   verbs,
		TurnURL: TurnURL, LostURL: LostURL, NoticeURL: NoticeURL,
		Token:   Token,
		Apology: engine.Say{Text: "Sorry, something went wrong.", Lang: "en-AU", Voice: "Karen"},
	}
}

// Aside is an answer of those verbs to a hook beside the course of the call.
func Aside(verbs ...engine.Verb) telephony.Outbound { return telephony.Outbound{Verbs: verbs} }

// Account is a gather as the bank line asks for an account number.
func Account() engine.Gather {
	return engine.Gather{
		Prompts: []engine.Say{{Text: "Please enter your account number.", Lang: "en-AU", Voice: "Karen", BargeIn: true}},
		Min:     1, Max: 10, Terminator: "#",
		Timeout: 5 * time.Second, InterDigit: 3 * time.Second,
		BargeIn: true,
	}
}

// Families are answers of every kind.
func Families() []Outbound {
	say := func(text string) engine.Say {
		return engine.Say{Text: text, Lang: "en-AU", Voice: "Karen", BargeIn: true}
	}
	gather := func(change func(*engine.Gather)) engine.Gather {
		g := Account()
		change(&g)
		return g
	}
	bare := With(Account())
	bare.LostURL, bare.NoticeURL, bare.Apology = "", "", engine.Say{}
	return []Outbound{
		{"nothing", With()},
		{"say", With(say("Goodbye."), engine.Hangup{})},
		{"hangup", With(engine.Hangup{})},
		{"pause", With(say("One moment."), engine.Pause{Length: 1500 * time.Millisecond}, say("Thank you."), engine.Hangup{})},
		{"gather", With(Account())},
		{"gather for a PIN", With(gather(func(g *engine.Gather) {
			g.Min, g.Max, g.Terminator, g.Secret, g.Flush = 4, 4, "", true, true
		}))},
		{"gather for a menu", With(gather(func(g *engine.Gather) {
			g.Min, g.Max, g.Terminator = 1, 2, ""
			g.Options = []string{"1", "12", "9"}
			g.MaxDuration = 20 * time.Second
			g.BargeIn = false
		}))},
		{"gather that listens", With(gather(func(g *engine.Gather) {
			g.Min, g.Max, g.Terminator, g.Options = 1, 1, "", []string{"1", "2"}
			g.Speech = &engine.Listen{Lang: "en-AU", Hints: []string{"billing", `my "bill", please`}}
		}))},
		{"gather that listens for anything", With(gather(func(g *engine.Gather) {
			g.BargeIn = false
			g.Speech = &engine.Listen{Lang: "es-MX"}
		}))},
		{"gather with many prompts", With(gather(func(g *engine.Gather) {
			g.Prompts = []engine.Say{say("Sorry."), say("I did not hear you."), say("Please try again.")}
		}))},
		{"gather in two languages", With(gather(func(g *engine.Gather) {
			g.Prompts = []engine.Say{{Text: "Press 1.", Lang: "en-AU", Voice: "Karen"}, {Text: "Oprima 2.", Lang: "es-MX"}}
		}))},
		{"say a recording", With(engine.Say{Text: "Welcome.", Audio: "https://media.example.com/a.wav?x=1", Lang: "en-AU"}, engine.Say{Audio: "https://media.example.com/b.mp3"}, engine.Hangup{})},
		{"say markup", With(marked(), engine.Hangup{})},
		{"gather with recordings", With(gather(func(g *engine.Gather) {
			g.Prompts = []engine.Say{say("Sorry."), {Audio: "https://media.example.com/a.wav"}, {Text: "Press 1.", Audio: "https://media.example.com/b.wav"}}
		}))},
		{"gather after a recording", With(gather(func(g *engine.Gather) {
			g.Prompts = []engine.Say{{Text: "Welcome.", Audio: "https://media.example.com/a.wav"}, say("Press 1.")}
		}))},
		{"gather with markup", With(gather(func(g *engine.Gather) { g.Prompts = []engine.Say{say("Sorry."), marked()} }))},
		{"gather without words", With(gather(func(g *engine.Gather) { g.Prompts = nil }))},
		{"gather without clocks", With(gather(func(g *engine.Gather) { g.Timeout, g.InterDigit = 0, 0 }))},
		{"gather with odd clocks", With(gather(func(g *engine.Gather) {
			g.Timeout, g.InterDigit = 1234567*time.Microsecond, 24*time.Hour
		}))},
		{"gather after words", With(say("Welcome."), Account())},
		{"gather alone", bare},
		{"dial", With(say("Connecting you now."), engine.Dial{To: "+1 (555) 0100", From: "+6591110000", Timeout: 20 * time.Second})},
		{"dial an address", With(engine.Dial{To: "sip:front@desk.example.com", From: "anonymous"})},
		{"dial with a whisper", With(engine.Dial{
			To: "+15550100", Timeout: 20 * time.Second, Limit: 30 * time.Minute, Whispers: true,
			Context: []engine.Header{{Name: "X-Account", Value: "12345"}, {Name: "X-Topic", Value: `cards & "loans"`}},
		})},
		{"hand over", With(say("Connecting you now."), engine.Dial{To: "+15550100", Refer: true, Timeout: 20 * time.Second})},
		{"hand over to an address", With(engine.Dial{
			To: "sip:front@desk.example.com", Refer: true, Context: []engine.Header{{Name: "X-Account", Value: "12345"}},
		})},
		{"record", With(say("After the tone."), engine.RecordVoice{
			ID: "s1-1", Max: 2 * time.Minute, Silence: 5 * time.Second, Terminator: "#", Beep: true,
		})},
		{"record until they hang up", With(engine.RecordVoice{ID: "s1-2", Max: 90 * time.Second})},
		{"record the call", With(say("This call is recorded."), engine.CallRecording{Do: engine.RecordingStart}, Account())},
		{"record no PIN", With(engine.CallRecording{Do: engine.RecordingPause}, gather(func(g *engine.Gather) { g.Secret = true }))},
		{"record on", With(engine.CallRecording{Do: engine.RecordingResume}, say("Goodbye."), engine.Hangup{})},
		{"wait in a queue", With(say("Please hold."), engine.Enqueue{Queue: "support"})},
		{"wait on", With(engine.Enqueue{Queue: "support-2", Again: true})},
		{"play to a waiting caller", Aside(say("You are number 3."), engine.Music{Audio: "https://media.example.com/hold.mp3", Length: 25500 * time.Millisecond})},
		{"silence for a waiting caller", Aside(say("You are number 2."), engine.Pause{Length: 30 * time.Second})},
		{"take a caller out of a queue", Aside(engine.Leave{})},
		{"play a recording", With(engine.Replay{URL: "https://recorder.example.com/s1-1.wav"}, Account())},
		{"continue", With(say("One moment, please."), engine.Continue{})},
		{"continue at once", With(engine.Continue{})},
		{"nothing, and nowhere to go", Aside()},
		{"take a call", telephony.Outbound{Take: true, Call: engine.Call{ID: "v3:a/b?c", Name: "Ann & Bob"}}},
		{"gather, and nowhere to go but to an apology", lost(Account())},
		{"dial, and nowhere to go but to an apology", lost(engine.Dial{To: "+15550100123"})},
		{"record, and nowhere to go but to an apology", lost(engine.RecordVoice{ID: "s1-3", Max: time.Minute})},
		{"continue, and nowhere to go but to an apology", lost(engine.Continue{})},
		{"gather that nothing cuts off at first", With(gather(func(g *engine.Gather) {
			g.BargeIn = false
			g.Prompts = []engine.Say{{Text: "Listen.", Lang: "en-AU"}, say("Press 1.")}
		}))},
		{"gather with clocks of its own", With(gather(func(g *engine.Gather) {
			g.Prompts, g.Max = nil, 3
			g.Timeout, g.InterDigit, g.MaxDuration = 7*time.Second, 2*time.Second, 90*time.Second
		}))},
		{"gather with one clock", With(gather(func(g *engine.Gather) { g.Prompts, g.Timeout, g.InterDigit = nil, 7*time.Second, 0 }))},
		{"gather with a clock between keys", With(gather(func(g *engine.Gather) { g.Timeout, g.InterDigit = 0, 2*time.Second }))},
		{"gather that listens at its own pace", With(gather(func(g *engine.Gather) {
			g.InterDigit = 0
			g.Speech = &engine.Listen{Lang: "en-AU", Hints: []string{"", "one", strings.Repeat("ab ", 70), "one", "two,three\r\n$OPERAND"}}
		}))},
		{"dial an address with header fields", With(engine.Dial{
			To: "sip:front@desk.example.com?X-Old=1", From: "sip:ann@example.com",
			Context: []engine.Header{{Name: "X-Account", Value: "12345"}, {Name: "X-Note", Value: `${a} %{b} <c>&"d"` + "\u202e"}},
		})},
		{"pause of no time", With(engine.Pause{}, engine.Hangup{})},
		{"say nothing", With(engine.Say{}, engine.Say{Text: " \t"}, engine.Hangup{})},
	}
}

// lost is an answer to which there is no way back but its own: the platform apologises.
func lost(v engine.Verb) telephony.Outbound {
	o := With(v)
	o.LostURL, o.NoticeURL = "", ""
	return o
}

// marked is a text that is marked up, with a value that would be markup itself.
func marked() engine.Say {
	return engine.Say{
		Text:  `One moment, Tom & "Jerry".`,
		SSML:  `<speak>One <emphasis level="strong">moment</emphasis>,<break time="300ms"/> Tom &amp; &quot;Jerry&quot;.</speak>`,
		Lang:  "en-AU",
		Voice: "Karen",
	}
}

// interactive tells whether an answer waits for the platform.
func interactive(o telephony.Outbound) bool {
	for _, v := range o.Verbs {
		switch v.(type) {
		case engine.Gather, engine.Dial, engine.Enqueue, engine.RecordVoice, engine.Continue:
			return true
		}
	}
	return false
}

func (f Fixture) testReplies(t *testing.T) {
	path := filepath.Join(f.Dir, "replies.txtar")
	golden := make(map[string]string)
	if a, err := txtar.ParseFile(path); err == nil {
		for _, file := range a.Files {
			golden[file.Name] = string(file.Data)
		}
	} else if !f.Update {
		t.Fatal(err)
	}
	written := &txtar.Archive{Comment: []byte("What this codec answers, for the answers of codectest.Families. Rewritten by -update.\n\n")}
	for _, o := range Families() {
		t.Run(o.Name, func(t *testing.T) {
			reply, err := f.Codec.Encode(o.Out)
			if unsupported(f.Codec.Capabilities(), o.Out) {
				if !errors.Is(err, telephony.ErrUnsupported) {
					t.Errorf("got %v, want ErrUnsupported, as the capabilities say", err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			for range 3 {
				again, err := f.Codec.Encode(o.Out)
				if err != nil || !bytes.Equal(content(t, again), content(t, reply)) {
					t.Fatalf("a second time: got %s, %v, want %s", content(t, again), err, content(t, reply))
				}
			}
			if reply.Status != 200 || reply.ContentType == "" {
				t.Errorf("status %d and content type %q, expected 200 and one", reply.Status, reply.ContentType)
			}
			if interactive(o.Out) && len(reply.Commands) > 0 {
				f.testCommands(t, reply)
			}
			if interactive(o.Out) && f.Carried && !strings.Contains(string(reply.Body), Token) {
				t.Errorf("no way back by %s", Token)
			}
			if interactive(o.Out) && !f.Carried && len(reply.Commands) == 0 {
				for _, address := range []string{o.Out.TurnURL, o.Out.LostURL} {
					if !strings.Contains(string(reply.Body), address) {
						t.Errorf("no way back by %s", address)
					}
				}
			}
			text := readable(content(t, reply))
			written.Files = append(written.Files, txtar.File{Name: o.Name, Data: []byte(text)})
			if !f.Update && golden[o.Name] != text {
				t.Errorf("got\n%s\nwant, as replies.txtar has it,\n%s\n(after a deliberate change, run the test with -update and read what changed)", text, golden[o.Name])
			}
		})
	}
	if f.Update {
		write(t, path, written)
	}
}

// unsupported tells whether a platform with those capabilities must refuse.
func unsupported(c telephony.Capabilities, o telephony.Outbound) bool {
	for _, v := range o.Verbs {
		switch v := v.(type) {
		case engine.Dial:
			if !c.Transfer || v.Refer && !c.Refer || v.Whispers && !c.Whisper || len(v.Context) > 0 && !c.Context {
				return true
			}
		case engine.Enqueue, engine.Music, engine.Leave:
			if !c.Queue {
				return true
			}
		case engine.RecordVoice:
			if !c.Record {
				return true
			}
		case engine.Continue:
			if c.Hold == telephony.HoldNone {
				return true
			}
		}
	}
	return false
}

// content is what an answer says: its body, or its commands.
func content(t *testing.T, r telephony.Reply) []byte {
	t.Helper()
	if len(r.Commands) == 0 {
		return r.Body
	}
	b := []byte{'['}
	for i, c := range append(slices.Clone(r.Commands), r.Last) {
		if i > 0 {
			b = append(b, ',')
		}
		var err error
		if b, err = c.Append(b); err != nil {
			t.Fatal(err)
		}
	}
	return append(b, ']')
}

// testCommands checks the commands of an answer that waits for the platform: each is
// one of its own and says which turn it is of, and one ends the call.
func (f Fixture) testCommands(t *testing.T, r telephony.Reply) {
	t.Helper()
	seen := map[string]bool{}
	all := append(slices.Clone(r.Commands), r.Last)
	for _, c := range r.Commands {
		all = append(all, c.First...)
	}
	for _, c := range all {
		kept, err := c.Append(nil)
		if err != nil {
			t.Fatal(err)
		}
		if again, err := telephony.ParseCommand(kept); err != nil || !reflect.DeepEqual(again, c) {
			t.Errorf("kept and read again: got %+v, %v, want %+v", again, err, c)
		}
		if c.Key == "" || seen[c.Key] || !bytes.Contains(c.Body, []byte(c.Key)) {
			t.Errorf("the key %q is not one of its own, or is not sent in %s", c.Key, c.Body)
		}
		seen[c.Key] = true
		if f.TokenOf == nil || f.TokenOf(c) != Token {
			t.Errorf("the command does not say which turn it is of: %s", c.Body)
		}
	}
}

// readable lays JSON out for people; anything else stays as it is.
func readable(body []byte) string {
	var b bytes.Buffer
	if json.Indent(&b, body, "", "  ") != nil {
		b.Reset()
		b.Write(body)
	}
	b.WriteByte('\n')
	return b.String()
}

// testImpossible asks for what no platform can do.
func (f Fixture) testImpossible(t *testing.T) {
	gather := func(change func(*engine.Gather)) telephony.Outbound {
		g := Account()
		change(&g)
		return With(g)
	}
	nowhere := func(verbs ...engine.Verb) telephony.Outbound {
		o := With(verbs...)
		o.TurnURL = ""
		return o
	}
	tests := []Outbound{
		{"no verb", With(nil)},
		{"verbs after a gather", With(Account(), engine.Say{Text: "unheard"})},
		{"verbs after a hangup", With(engine.Hangup{}, engine.Say{Text: "unheard"})},
		{"two waits", With(engine.Continue{}, Account())},
		{"no way back", nowhere(Account())},
		{"no way back from a transfer", nowhere(engine.Dial{To: "+15550100"})},
		{"no way back from a queue", nowhere(engine.Enqueue{Queue: "support"})},
		{"no way back from a recording", nowhere(engine.RecordVoice{ID: "a", Max: time.Minute})},
		{"no way back from a wait", nowhere(engine.Continue{})},
		{"words behind a queue", With(engine.Enqueue{Queue: "support"}, engine.Say{Text: "unheard"})},
		{"a recording of nowhere", With(engine.Say{Audio: "welcome.wav"}, engine.Hangup{})},
		{"a prompt of nowhere", gather(func(g *engine.Gather) { g.Prompts = []engine.Say{{Audio: "file:///etc/passwd"}} })},
		{"no keys", gather(func(g *engine.Gather) { g.Min, g.Max = 0, 0 })},
		{"fewer than none", gather(func(g *engine.Gather) { g.Min = -1 })},
		{"more than most", gather(func(g *engine.Gather) { g.Min, g.Max = 5, 4 })},
		{"a secret that is said", gather(func(g *engine.Gather) { g.Secret, g.Speech = true, &engine.Listen{Lang: "en"} })},
		{"two terminators", gather(func(g *engine.Gather) { g.Terminator = "#*" })},
		{"odd terminator", gather(func(g *engine.Gather) { g.Terminator = "x" })},
		{"time backwards", gather(func(g *engine.Gather) { g.Timeout = -1 })},
		{"pause backwards", With(engine.Pause{Length: -1}, engine.Hangup{})},
		{"dial nobody", With(engine.Dial{})},
		{"dial a name", With(engine.Dial{To: "reception"})},
		{"dial a web page", With(engine.Dial{To: "https://example.com"})},
		{"dial two lines", With(engine.Dial{To: "sip:a@b\r\nX-Evil: 1"})},
		{"record for ever", With(engine.RecordVoice{ID: "a"})},
		{"record without a name", With(engine.RecordVoice{Max: time.Minute})},
		{"record into a folder", With(engine.RecordVoice{ID: "../a", Max: time.Minute})},
		{"record until two keys", With(engine.RecordVoice{ID: "a", Max: time.Minute, Terminator: "#*"})},
		{"play a file", With(engine.Replay{URL: "file:///etc/passwd"}, engine.Hangup{})},
		{"play two lines", With(engine.Replay{URL: "https://a.example.com/\r\nx"}, engine.Hangup{})},
		{"record the call backwards", With(engine.CallRecording{Do: "rewind"}, Account())},
		{"wait nowhere", With(engine.Enqueue{})},
		{"wait in a folder", With(engine.Enqueue{Queue: "../support"})},
		{"music of nowhere", Aside(engine.Music{Length: time.Second})},
		{"music of a file", Aside(engine.Music{Audio: "flow/hold.mp3", Length: time.Second})},
		{"music for ever", Aside(engine.Music{Audio: "https://media.example.com/hold.mp3"})},
		{"words after leaving", Aside(engine.Leave{}, engine.Say{Text: "unheard"})},
		{"talk backwards", With(engine.Dial{To: "+15550100", Limit: -1})},
		{"whisper after a hand-over", With(engine.Dial{To: "+15550100", Refer: true, Whispers: true})},
		{"a header of the platform's", With(engine.Dial{To: "+15550100", Context: []engine.Header{{Name: "From", Value: "x"}}})},
		{"a header that ends", With(engine.Dial{To: "sip:a@b", Context: []engine.Header{{Name: "X-A", Value: "x\x00y"}}})},
		{"a header of half a line", With(engine.Dial{To: "sip:a@b", Context: []engine.Header{{Name: "X-A", Value: "x\ny"}}})},
		{"a header of two lines", With(engine.Dial{To: "+15550100", Context: []engine.Header{{Name: "X-A", Value: "x\r\nFrom: y"}}})},
		{"ring backwards", With(engine.Dial{To: "+15550100", Timeout: -1})},
	}
	for _, tt := range tests {
		t.Run(tt.Name, func(t *testing.T) {
			if reply, err := f.Codec.Encode(tt.Out); !errors.Is(err, telephony.ErrOutbound) {
				t.Errorf("got %s, %v, want ErrOutbound", reply.Body, err)
			}
		})
	}
}
