package player

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"callflow/engine"
)

// sinchFields are what Sinch's reference lists for every event.
func sinchFields(event string) string {
	return fmt.Sprintf(`applicationKey "11111111-2222-3333-4444-555555555555"
callid "call-1"
custom ""
event %q
timestamp "2026-11-21T10:30:16Z"
version 1`, event)
}

// Every event has what Sinch's reference says that it has.
func TestSinchHooks(t *testing.T) {
	t.Parallel()
	const (
		where = "POST /v1/x/calls"
		bye   = `{"instructions":[{"name":"say","text":"Bye."}],"action":{"name":"hangup"}}`
		ask   = `{"instructions":[{"name":"setCookie","key":"turn","value":"1"}],"action":{"name":"runMenu","menus":[{"id":"main","mainPrompt":"#tts[PIN?]","repeats":0,"maxDigits":4,"timeoutMills":5000}]}}`
		ring  = `{"instructions":[],"action":{"name":"connectPstn","number":"+15550100"}}`
		goOn  = `{"instructions":[],"action":{"name":"continue"}}`
		ok    = `{"instructions":[],"action":{"name":"hangup"}}`
	)
	to := "to.endpoint \"+6531589999\"\nto.type \"did\""
	rate := "userRate.amount 0\nuserRate.currencyId \"USD\""
	over := func(reason, result string) string {
		return hookOf(where, sinchFields("dice"), to, rate, strings.ReplaceAll(rate, "userRate", "debit"), "duration 0", `from "6591110000"`, fmt.Sprintf("reason %q", reason), fmt.Sprintf("result %q", result))
	}
	cookie := "cookies.0.key \"turn\"\ncookies.0.value \"1\""
	placed := func(who string) func(*Options) {
		return func(o *Options) { o.Placed, o.AnsweredBy, o.Order = true, who, "order-1" }
	}
	custom := func(fields string) string { return strings.Replace(fields, `custom ""`, `custom "order-1"`, 1) }
	amd := func(status, reason string) string {
		return fmt.Sprintf("amd.duration 3\namd.reason %q\namd.status %q", reason, status)
	}
	dials := func(how string) func(*Options) { return func(o *Options) { o.Dials = []string{how} } }
	for _, c := range []wholeHook{
		{"a call comes", []string{bye}, nil, nil, 0, hookOf(where, sinchFields("ice"), to, rate, "callHeaders []", `callResourceUrl "https://calling.api.sinch.com/calling/v1/calls/id/call-1"`, `cli "6591110000"`, `domain "pstn"`, "duration 0", `originationType "PSTN"`, `rdnis ""`)},
		{"it is over", []string{bye}, nil, nil, 1, over("MANAGERHANGUP", "ANSWERED")},
		{"keys", []string{ask, bye}, []Move{press("1234")}, nil, 1, hookOf(where, sinchFields("pie"), cookie, `menuResult.menuId "main"`, `menuResult.type "sequence"`, `menuResult.value "1234"`, `menuResult.inputMethod "dtmf"`)},
		{"silence", []string{ask, bye}, []Move{{}}, nil, 1, hookOf(where, sinchFields("pie"), cookie, `menuResult.menuId "main"`, `menuResult.type "timeout"`, `menuResult.inputMethod "dtmf"`)},
		{"somebody takes a transfer", []string{ring, goOn}, nil, nil, 1, hookOf(where, sinchFields("ace"))},
		{"and the call ends with it", []string{ring, goOn}, nil, nil, 2, over("CALLEEHANGUP", "ANSWERED")},
		{"busy", []string{ring}, nil, dials("BUSY"), 1, over("CANCEL", "BUSY")},
		{"a call that was asked for", []string{bye}, nil, placed(""), 0, hookOf(where, custom(sinchFields("ace")))},
		{"answered by somebody", []string{bye}, nil, placed("human"), 0, hookOf(where, custom(sinchFields("ace")), amd("human", "n/a"))},
		{"by a machine and its tone", []string{bye}, nil, placed("beep"), 0, hookOf(where, custom(sinchFields("ace")), amd("machine", "beep"))},
		{"found out beside the call", []string{bye, ok}, nil, placed("async machine"), 1, hookOf(where, custom(sinchFields("notify")), `type "amd"`, amd("machine", "n/a"))},
		{"and the tone later", []string{bye, ok, ok}, nil, placed("async beep"), 2, hookOf(where, custom(sinchFields("notify")), `type "amd_beep"`, amd("machine", "beep"))},
		{"nothing is told in the event itself then", []string{bye, ok}, nil, placed("async machine"), 0, hookOf(where, custom(sinchFields("ace")))},
		{"they hang up on us", []string{strings.Replace(ask, `[{"name":"setCookie","key":"turn","value":"1"}]`, "[]", 1)}, nil, placed(""), 1, custom(over("CALLEEHANGUP", "ANSWERED"))},
		{"or we on them", []string{bye}, nil, placed(""), 1, custom(over("MANAGERHANGUP", "ANSWERED"))},
	} {
		c.play(t, sinchDesk(t), Sinch)
	}
}

// What Sinch's reference refuses is refused here too; what is at the bounds is taken.
func TestSinchIsStrict(t *testing.T) {
	t.Parallel()
	menu := func(more string) string {
		return `{"action":{"name":"runMenu","menus":[{"id":"main","maxDigits":4,"repeats":0` + more + `}]}}`
	}
	say := func(text string) string {
		return `{"instructions":[{"name":"say","text":"` + text + `"}],"action":{"name":"hangup"}}`
	}
	pstn := func(number string) string { return `{"action":{"name":"connectPstn","number":"` + number + `"}}` }
	for doc, good := range map[string]bool{
		`{"action":{"name":"hangup"}}`:              true,
		`{"action":{"name":"hangup"},"more":1}`:     false,
		`{"instructions":[]}`:                       false,
		`{"action":{"name":"hangup","reason":"x"}}`: false,
		`{"action":{"name":"park"}}`:                false,
		`{"action":{"name":"menu","id":"main"}}`:    false,
		`{"action":{}}`:                             false,
		`{"instructions":[{"name":"setCookie","key":"a"}],"action":{"name":"hangup"}}`: false,
		`{"instructions":[{"name":"hangup"}],"action":{"name":"hangup"}}`:              false,
		say(strings.Repeat("ä", 600)):                                                  true,
		say(strings.Repeat("ä", 601)):                                                  false,
		say("a <b>"):                                                                   false,
		pstn("+1234567"):                                                               true,
		pstn("+123456"):                                                                false,
		pstn("1234567890"):                                                             false,
		pstn("+1234x567"):                                                              false,
		menu(""):                                                                       true,
		menu(`,"mainPrompt":"#tts[a];#href[http://h/a]"`):                              true,
		menu(`,"mainPrompt":"#tts[a]#tts[b]"`):                                         false,
		menu(`,"mainPrompt":"#tts[a];"`):                                               false,
		menu(`,"mainPrompt":"#tts[a"`):                                                 false,
		menu(`,"mainPrompt":"#say[a]"`):                                                false,
		menu(`,"mainPrompt":"a"`):                                                      false,
		menu(`,"terminator":"#"`):                                                      false,
		menu(`,"timeoutMills":"5000"`):                                                 false,
		strings.Replace(menu(""), `"maxDigits":4`, `"maxDigits":1`, 1):                 true,
		strings.Replace(menu(""), `"maxDigits":4`, `"maxDigits":0`, 1):                 false,
		strings.Replace(menu(""), `"maxDigits":4,`, "", 1):                             false,
		strings.Replace(menu(""), `"repeats":0`, `"repeats":1`, 1):                     false,
		strings.Replace(menu(""), `"main"`, `"other"`, 1):                              false,
		`{"action":{"name":"runMenu","menus":[]}}`:                                     false,
		`{"action":{"name":"runMenu","menus":[{"id":"main","maxDigits":1,"repeats":0},{"id":"b"}]}}`: false,
		`{"action":{"name":"runMenu","menus":["main"]}}`:                                             false,
		`{"action":{"name":"connectSip","destination":{"endpoint":"a@b"}}}`:                          true,
		`{"action":{"name":"connectSip"}}`:                                                           false,
		`[]`:                                                                                         false,
	} {
		if _, err := readSVAML([]byte(doc)); (err == nil) != good {
			t.Errorf("%.120s: %v", doc, err)
		}
	}
	for prompt, heard := range map[string][]string{
		"":                                nil,
		"#tts[a];#tts[b]":                 {"a", "b"},
		"#href[http://h/a]":               {"recording http://h/a"},
		"#ssml[<speak>a &amp; b</speak>]": {"a & b"},
		"#tts[]":                          nil,
	} {
		if got, err := readPrompts(prompt); err != nil || !slices.Equal(got, heard) {
			t.Errorf("%s: %q (%v)", prompt, got, err)
		}
	}
}

// Turns of a call that nothing else here takes.
func TestSinchTurns(t *testing.T) {
	t.Parallel()
	files := func(ids string) string {
		return `{"instructions":[{"name":"playFiles","ids":[` + ids + `]}],"action":{"name":"hangup"}}`
	}
	const over = "dice MANAGERHANGUP ANSWERED"
	blink := func(prompt, ms string) string {
		return `{"action":{"name":"runMenu","menus":[{"id":"main"` + prompt + `,"repeats":0,"maxDigits":1,"timeoutMills":` + ms + `}]}}`
	}
	placed := func(o *Options) { o.Placed, o.AnsweredBy = true, "async machine" }
	for _, c := range []struct {
		conversation
		change func(*Options)
	}{
		{conversation{"files", []string{files(`"http://h/a.mp3","#tts[Hello.]"`)}, nil, nil, HungUp, []string{"recording http://h/a.mp3", "Hello."}, []string{over}}, nil},
		{conversation{"a file that is none", []string{files(`"#tts[Hello."`)}, nil, nil, Broken, nil, []string{"dice CALLBACKERROR ANSWERED"}}, nil},
		{conversation{"an action that leads nowhere", []string{`{"action":{"name":"continue"}}`}, nil, nil, Broken, nil, []string{"dice CALLBACKERROR ANSWERED"}}, nil},
		{conversation{"one key in a silent menu that waits", []string{blink("", "1001"), files("")}, []Move{press("1")}, nil, HungUp, nil, []string{"pie sequence 1", over}}, nil},
		{conversation{"or in a short one that speaks", []string{blink(`,"mainPrompt":"#tts[Go.]"`, "1000"), files("")}, []Move{press("1")}, nil, HungUp, []string{"Go."}, []string{"pie sequence 1", over}}, nil},
		{conversation{"a connect is no answer when it is taken", []string{`{"action":{"name":"connectPstn","number":"+15550100"}}`}, nil, nil, Refused, nil, []string{}}, func(o *Options) { o.Placed = true }},
		{conversation{"who finds out is not heard", []string{files(""), "500"}, nil, nil, Refused, nil, []string{"notify"}}, placed},
	} {
		d := sinchDesk(t)
		c.play(t, d, Sinch, c.change)
	}
	var passed time.Duration
	d := sinchDesk(t)
	d.t, d.answers = t, []string{blink("", "1000"), files("")}
	o := d.options()
	o.Wait = func(_ context.Context, d time.Duration) error { passed += d; return nil }
	if Sinch(t.Context(), o); passed != time.Second {
		t.Errorf("%s passed", passed)
	}
	o.Secret, d.answers = engine.Secret{}, []string{files("")}
	d.short = func(r *http.Request, body []byte) (string, bool) {
		if r.Header.Get("Authorization") != "" {
			t.Error("signed without a secret")
		}
		return "", !strings.Contains(string(body), "dice")
	}
	if r := Sinch(t.Context(), o); r.End != HungUp {
		t.Error(r)
	}
	o.Secret = engine.NewSecret("!")
	if r := Sinch(t.Context(), o); r.End != Refused {
		t.Errorf("a secret that is not Base64: %s", r.End)
	}
	// A server that never lets a call end is left, and not for its callbacks.
	d = sinchDesk(t)
	d.t = t
	short := d.short
	last := ""
	d.short = func(r *http.Request, body []byte) (string, bool) {
		text, answered := short(r, body)
		if last = text; len(d.answers) < 2 {
			d.answers = append(d.answers, blink("", "1"))
		}
		return text, answered
	}
	if r := Sinch(t.Context(), d.options()); r.End != Broken || last != "dice GENERALERROR ANSWERED" {
		t.Errorf("%s (%v), told of as %s", r.End, r.Err, last)
	}
}
