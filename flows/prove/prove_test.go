package prove

import (
	"regexp"
	"slices"
	"testing"
	"time"

	"callflow/engine"
	"github.com/google/go-cmp/cmp"
)

// want is a finding as a test states it.
type want struct {
	Code, State, Outcome, Other, Name string
	Keys, States, Second              string
}

func summary(found []Finding) []want {
	list := []want{}
	for _, f := range found {
		list = append(list, want{f.Code, f.State, f.Outcome, f.Other, f.Name, f.Path.Keys(), f.Path.States(), f.Second.States()})
	}
	return list
}

func TestProofs(t *testing.T) {
	t.Parallel()
	done := func(name string) state { return hangup(name, "Thank you.") }
	for _, c := range []struct {
		name   string
		spec   engine.Spec
		states []state
		want   []want
	}{
		{name: "the bank line", states: bank()},

		// Authentication.
		{
			name:   "a denied sign-in leads into the menu",
			states: with(bank(), named(bank(), "sign_in").wire(engine.OutDenied, "main_menu")),
			want: []want{
				{Code: CodeRequiresUnproved, State: "main_menu", Name: "authenticated", Keys: "12345#, 1234, sign-in denied", States: "account → pin → sign_in → main_menu"},
				{Code: CodeUnreachableState, State: "refused"},
			},
		},
		{
			name: "the menu forgets to require it, and the key press comes last",
			states: with(bank(),
				named(bank(), "sign_in").wire(engine.OutDenied, "main_menu"),
				named(bank(), "main_menu").requires("").wire("option.8", "refused"),
			),
			want: []want{{Code: CodeRequiresUnproved, State: "balance", Name: "authenticated", Keys: "12345#, 1234, sign-in denied, 1", States: "account → pin → sign_in → main_menu → balance"}},
		},
		{
			name:   "the start requires a fact",
			states: []state{done("end").requires("authenticated")},
			want:   []want{{Code: CodeRequiresUnproved, State: "end", Name: "authenticated"}},
		},
		{
			name:   "silence leads there",
			states: []state{menu("m", to{"option.1": "end", engine.OutExhausted: "inside"}), done("inside").requires("phone_verified"), done("end")},
			want:   []want{{Code: CodeRequiresUnproved, State: "inside", Name: "phone_verified", Keys: "silence ×3", States: "m → inside"}},
		},
		{
			name:   "a key that is valid everywhere leads there",
			spec:   engine.Spec{Globals: []engine.Global{{Keys: "0"}}},
			states: []state{menu("m", to{"option.1": "end", "global.0": "inside"}), done("inside").requires("authenticated"), done("end")},
			want:   []want{{Code: CodeRequiresUnproved, State: "inside", Name: "authenticated", Keys: "0", States: "m → inside"}},
		},
		{
			name:   "hanging up leads there",
			spec:   engine.Spec{OnHangup: "note"},
			states: []state{menu("m", to{"option.1": "end"}), action("note", "x", to{engine.OutDone: "end"}).requires("authenticated"), done("end")},
			want:   []want{{Code: CodeRequiresUnproved, State: "note", Name: "authenticated", Keys: "hang-up", States: "m → note"}},
		},

		// Variables.
		{
			name: "an option that skips the question",
			states: []state{
				menu("m", to{"option.1": "a", "option.2": "end"}),
				collect("a", 3, 3, "end"),
				hangup("end", "You entered ${a}."),
			},
			want: []want{{Code: CodeUnsetVariable, State: "end", Other: "a", Name: "a", Keys: "2", States: "m → end"}},
		},
		{
			name:   "nothing sets it",
			states: []state{say("s", "Hello ${b}.", "end"), done("end")},
			want:   []want{{Code: CodeUnsetVariable, State: "s", Name: "b"}},
		},
		{
			name:   "a value at the start",
			spec:   engine.Spec{Variables: []engine.Variable{{Name: "b", Type: engine.Type{Base: engine.TypeText}, Value: "you"}}},
			states: []state{say("s", "Hello ${b}.", "end"), done("end")},
		},
		{
			name:   "declared without a value",
			spec:   engine.Spec{Variables: []engine.Variable{{Name: "b", Type: engine.Type{Base: engine.TypeText}}}},
			states: []state{say("s", "Hello ${b}.", "end"), done("end")},
			want:   []want{{Code: CodeUnsetVariable, State: "s", Name: "b"}},
		},
		{
			name: "set on both ways",
			states: []state{
				menu("m", to{"option.1": "one", "option.2": "two"}),
				set("one", "b", operand("1"), "end"), set("two", "b", operand("2"), "end"),
				hangup("end", "${b}"),
			},
		},
		{
			name: "set on one way of two",
			states: []state{
				menu("m", to{"option.1": "one", "option.2": "two"}),
				set("one", "b", operand("1"), "end"), set("two", "c", operand("2"), "end"),
				hangup("end", "${b}"),
			},
			want: []want{{Code: CodeUnsetVariable, State: "end", Other: "one", Name: "b", Keys: "2", States: "m → two → end"}},
		},
		{
			name:   "a set that reads what it has just set",
			states: []state{{engine.State{Name: "s", Kind: engine.SetState{Set: []engine.Assignment{{Var: "a", Constant: "1"}, {Var: "b", Value: operand("${a}")}}}}, to{engine.OutNext: "end"}}, done("end")},
		},
		{
			name:   "a set that reads what it is about to set",
			states: []state{set("s", "a", operand("${a}1"), "end"), done("end")},
			want:   []want{{Code: CodeUnsetVariable, State: "s", Other: "s", Name: "a"}},
		},
		{
			name:   "an answer is set only where the service was asked",
			states: []state{request("balance", "/x", to{engine.OutOK: "end", engine.OutNotFound: "end"}), hangup("end", "${balance.amount}")},
			want:   []want{{Code: CodeUnsetVariable, State: "end", Other: "balance", Name: "balance", Keys: "bank finds nothing", States: "balance → end"}},
		},
		{
			name:   "only the first state that reads it is told",
			states: []state{say("s", "${b}", "s2"), say("s2", "${b}", "end"), done("end")},
			want:   []want{{Code: CodeUnsetVariable, State: "s", Name: "b"}},
		},
		{
			name:   "the caller's name before the sign-in",
			states: with(bank(), collect("account", 1, 10, "hello"), say("hello", "Hello ${caller.greeting}.", "pin")),
			want:   []want{{Code: CodeUnsetVariable, State: "hello", Other: "sign_in", Name: "caller", Keys: "12345#", States: "account → hello"}},
		},
		{
			name:   "words are not spoken to who has hung up, a body is sent all the same",
			spec:   engine.Spec{OnHangup: "note"},
			states: []state{collect("a", 1, 3, "b"), collect("b", 1, 3, "note"), action("note", "${a}", to{engine.OutDone: "end"}), hangup("end", "${b}")},
			want:   []want{{Code: CodeUnsetVariable, State: "note", Other: "a", Name: "a", Keys: "hang-up", States: "a → note"}},
		},
		{
			name: "a secret that is not collected",
			states: []state{
				menu("m", to{"option.1": "pin", "option.2": "sign_in"}), pin("sign_in"),
				signIn("sign_in", to{engine.OutAuthenticated: "end"}), done("end"),
			},
			spec: engine.Spec{Variables: []engine.Variable{{Name: "account", Type: engine.Type{Base: engine.TypeText}, Value: "1"}}},
			want: []want{{Code: CodeUnsetVariable, State: "sign_in", Other: "pin", Name: "pin", Keys: "2", States: "m → sign_in"}},
		},
		{
			name:   "a condition",
			states: []state{branch("b1", []string{`a == "1"`}, to{engine.WhenOutcome(1): "end", engine.OutElse: "end"}), done("end")},
			want:   []want{{Code: CodeUnsetVariable, State: "b1", Name: "a"}},
		},

		// Loops.
		{
			name:   "a menu that starts again after silence",
			states: []state{menu("m", to{"option.1": "end", engine.OutExhausted: "m"}), done("end")},
			want:   []want{{Code: CodeUnboundedLoop, State: "m", Outcome: "exhausted", Other: "m", Second: "m → m"}},
		},
		{
			name:   "round by way of a say",
			states: []state{say("hello", "Hello.", "m"), menu("m", to{"option.1": "end", engine.OutExhausted: "sorry"}), say("sorry", "Again.", "m"), done("end")},
			want:   []want{{Code: CodeUnboundedLoop, State: "sorry", Outcome: "next", Other: "m", States: "hello → m", Second: "m → sorry → m"}},
		},
		{
			name:   "max_visits bounds it",
			states: []state{menu("m", to{"option.1": "end", engine.OutExhausted: "sorry"}), say("sorry", "Again.", "m").visits(2), done("end")},
		},
		{
			name:   "max_visits whose limit goes round too",
			states: []state{menu("m", to{"option.1": "end", engine.OutExhausted: "sorry"}), say("sorry", "Again.", "end").visits(2).wire(engine.OutLimit, "m"), done("end")},
			want:   []want{{Code: CodeUnboundedLoop, State: "sorry", Outcome: "limit", Other: "m", Second: "m → sorry → m"}},
		},
		{
			name:   "a service that keeps failing",
			states: []state{request("r", "/x", to{engine.OutOK: "end", engine.OutError: "r"}), done("end")},
			want:   []want{{Code: CodeUnboundedLoop, State: "r", Outcome: "error", Other: "r", Second: "r → r"}},
		},
		{
			name:   "a line that stays busy",
			states: []state{transfer("t", to{engine.OutCompleted: "end", engine.OutBusy: "s"}), say("s", "Busy.", "t"), done("end")},
			want:   []want{{Code: CodeUnboundedLoop, State: "s", Outcome: "next", Other: "t", Second: "t → s → t"}},
		},
		{
			name:   "a loop that needs a key",
			states: []state{menu("m", to{"option.1": "s", "option.9": "end"}), say("s", "News.", "m"), done("end")},
		},
		{
			name:   "wrong keys are keys",
			states: []state{{engine.State{Name: "m", Kind: engine.MenuState{Asking: engine.Asking{Prompt: engine.Prompt{text("Choose.")}, Attempts: 3, MaxNoInput: 2, Timeout: time.Second}, Var: "m", Options: []engine.Option{{Keys: "1"}}}}, to{"option.1": "end", engine.OutExhausted: "m", engine.OutNoInput: "end"}}, done("end")},
		},
		{
			name:   "after a hang-up nobody is silent",
			spec:   engine.Spec{OnHangup: "m"},
			states: []state{collect("a", 1, 1, "end"), menu("m", to{"option.1": "end", engine.OutExhausted: "end"}), done("end")},
		},
		{
			name:   "a loop after a hang-up",
			spec:   engine.Spec{OnHangup: "r"},
			states: []state{collect("a", 1, 1, "end"), request("r", "/x", to{engine.OutOK: "end", engine.OutNotFound: "r"}), done("end")},
			want:   []want{{Code: CodeUnboundedLoop, State: "r", Outcome: "not_found", Other: "r", Keys: "hang-up", States: "a → r", Second: "r → r"}},
		},

		// Ends.
		{
			name:   "two states that lead to each other",
			states: []state{say("one", "One.", "two"), say("two", "Two.", "one")},
			want:   []want{{Code: CodeDeadEnd, State: "one", Second: "one → two → one"}},
		},
		{
			name:   "a trap behind a menu is told once",
			states: []state{menu("m", to{"option.1": "end", "option.2": "x"}), say("x", "X.", "one"), say("one", "One.", "two"), say("two", "Two.", "one"), done("end")},
			want:   []want{{Code: CodeDeadEnd, State: "one", Keys: "2", States: "m → x → one", Second: "one → two → one"}},
		},
		{
			name:   "a state that nothing leads to, and one behind it",
			states: []state{say("s", "Hello.", "end"), say("lost", "Lost.", "behind"), say("behind", "Behind.", "end"), done("end")},
			want: []want{
				{Code: CodeUnreachableState, State: "lost"},
				{Code: CodeUnreachableState, State: "behind", Other: "lost"},
			},
		},
		{
			name:   "a state that only failures lead to",
			states: []state{say("s", "Hello.", "end").wire(engine.OutError, "on_error"), say("on_error", "Sorry.", "end"), done("end")},
		},

		// Secrets.
		{
			name:   "a PIN that is spoken",
			states: with(bank(), pin("echo"), say("echo", "You entered ${pin}.", "sign_in")),
			want:   []want{{Code: CodeSecretExposed, State: "echo", Other: "pin", Name: "pin", Keys: "12345#, 1234", States: "account → pin → echo", Second: "pin → echo"}},
		},
		{
			name: "a PIN that is copied and sent",
			states: with(bank(), pin("copy"),
				set("copy", "d", secret("pin"), "send"),
				request("send", "/pins/${d}", to{engine.OutOK: "sign_in"})),
			want: []want{{Code: CodeSecretExposed, State: "send", Other: "pin", Name: "d", Keys: "12345#, 1234", States: "account → pin → copy → send", Second: "pin → copy → send"}},
		},
		{
			name:   "a PIN in a body",
			states: with(bank(), pin("send"), action("send", "${pin}", to{engine.OutDone: "sign_in"})),
			want:   []want{{Code: CodeSecretExposed, State: "send", Other: "pin", Name: "pin", Keys: "12345#, 1234", States: "account → pin → send", Second: "pin → send"}},
		},

		// The principal.
		{
			name: "the account as entered, and entered again",
			states: with(bank(),
				request("balance", "/accounts/${account}", to{engine.OutOK: "say_balance"}).requires("authenticated"),
				named(bank(), "main_menu").wire("option.1", "balance").wire("option.9", "again"),
				collect("again", 1, 10, "account"),
				collect("account", 1, 10, "side"),
				menu("side", to{"option.1": "pin", "option.2": "balance", "option.9": "goodbye"}),
			),
			want: []want{
				{Code: CodeRequiresUnproved, State: "balance", Name: "authenticated", Keys: "12345#, 2", States: "account → side → balance"},
				{Code: CodeUnboundPrincipal, State: "balance", Name: "account", Keys: "12345#, 1, 1234, signed in, 9, 12345#, 12345#, 2", States: "account → side → pin → sign_in → welcome → main_menu → again → account → side → balance"},
			},
		},
		{
			name: "a copy of the account as entered",
			states: with(bank(),
				collect("account", 1, 10, "copy"),
				set("copy", "b", operand("${account}"), "pin"),
				request("balance", "/accounts/${b}", to{engine.OutOK: "say_balance"}).requires("authenticated"),
			),
			want: []want{{Code: CodeUnboundPrincipal, State: "balance", Name: "b", Keys: "12345#, 1234, signed in, 1", States: "account → copy → pin → sign_in → welcome → main_menu → balance"}},
		},
		{
			name: "what the account was made of",
			states: append([]state{
				collect("number", 1, 10, "copy"),
				set("copy", "account", operand("7${number}"), "pin"),
			}, with(bank(), request("balance", "/accounts/${number}", to{engine.OutOK: "say_balance"}).requires("authenticated"))[1:]...),
			want: []want{{Code: CodeUnboundPrincipal, State: "balance", Name: "number", Keys: "12345#, 1234, signed in, 1", States: "number → copy → pin → sign_in → welcome → main_menu → balance"}},
		},
		{
			name: "an amount is ordinary input",
			states: with(bank(),
				named(bank(), "main_menu").wire("option.1", "a"),
				collect("a", 1, 5, "balance").requires("authenticated"),
				request("balance", "/accounts/${caller.account}/pay/${a}", to{engine.OutOK: "say_balance"}).requires("authenticated"),
			),
		},

		// Words.
		{
			name:   "one state for done and pending",
			states: []state{action("x", "1", to{engine.OutDone: "end", engine.OutPending: "end"}), done("end")},
			want:   []want{{Code: CodeMisleadingWords, State: "x", Outcome: "pending", Other: "end", Name: "Thank you.", Keys: "bank does not answer", States: "x → end", Second: "x → end"}},
		},
		{
			name: "the same words in two states, past one that is silent",
			states: []state{
				action("x", "1", to{engine.OutDone: "end", engine.OutRejected: "mark", engine.OutPending: "later"}),
				set("mark", "a", operand("1"), "no"), hangup("no", "thank you"), hangup("later", "Later."), done("end"),
			},
			want: []want{{Code: CodeMisleadingWords, State: "x", Outcome: "rejected", Other: "no", Name: "thank you", Keys: "bank refuses", States: "x → mark → no", Second: "x → end"}},
		},
		{
			name: "other words first",
			states: []state{
				action("x", "1", to{engine.OutDone: "yes", engine.OutRejected: "no", engine.OutPending: "later"}),
				say("yes", "Done.", "end"), say("no", "Not done.", "end"), say("later", "Later.", "end"), done("end"),
			},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if c.want == nil {
				c.want = []want{}
			}
			// flow adds to the slices of the spec it is given.
			spec := flowOf(t, c.spec, c.states...)
			found := Check(spec)
			if diff := cmp.Diff(c.want, summary(found)); diff != "" {
				t.Errorf("findings (-want +got):\n%s", diff)
			}
			realPaths(t, spec, found)
			for _, f := range found {
				if f.Message == "" || f.Hint == "" {
					t.Errorf("%s at %s says nothing", f.Code, f.State)
				}
			}
			if again := Check(spec); !cmp.Equal(summary(found), summary(again)) {
				t.Error("the same flow gives other findings the second time")
			}
		})
	}
}

func TestMisleadingWordsInOneLanguage(t *testing.T) {
	t.Parallel()
	two := func(en, es string) engine.Text { return engine.Text{engine.Literal(en), engine.Literal(es)} }
	spec := flow(t,
		action("x", "1", to{engine.OutDone: "yes", engine.OutRejected: "no"}),
		state{State: engine.State{Name: "yes", Kind: engine.HangupState{Text: two("Recorded.", "Gracias.")}}},
		state{State: engine.State{Name: "no", Kind: engine.HangupState{Text: two("Not accepted.", "Gracias.")}}},
	)
	found := MisleadingWords(NewMap(spec))
	if len(found) != 1 || found[0].Outcome != engine.OutRejected {
		t.Errorf("findings: %+v", found)
	}
}

func TestKeysOfAnEntry(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name    string
		collect engine.CollectState
		want    string
	}{
		{"up to ten", engine.CollectState{Min: 1, Max: 10, Terminator: "#"}, "12345#"},
		{"exactly four", engine.CollectState{Min: 4, Max: 4, Terminator: "#"}, "1234"},
		{"without a terminator", engine.CollectState{Min: 1, Max: 10}, "12345"},
		{"twelve", engine.CollectState{Min: 12, Max: 12}, "123456789012"},
		{"two", engine.CollectState{Min: 1, Max: 2, Terminator: "*"}, "12"},
		{"a card number", engine.CollectState{Min: 16, Max: 16, Luhn: true}, "1234567890123452"},
		{"beginning with 7", engine.CollectState{Min: 3, Max: 3, Pattern: regexp.MustCompile(`^7\d\d$`)}, "789"},
		{"only zeros", engine.CollectState{Min: 3, Max: 3, Pattern: regexp.MustCompile(`^0+$`)}, "000"},
		{"a prefix", engine.CollectState{Min: 6, Max: 8, Terminator: "#", Pattern: regexp.MustCompile(`^(4207|99)[0-5]{2,4}$`)}, "420711#"},
		{"one digit out of order", engine.CollectState{Min: 4, Max: 4, Pattern: regexp.MustCompile(`^19[0-9]7$`)}, "1917"},
		{"repeated until it is long enough", engine.CollectState{Min: 7, Max: 9, Pattern: regexp.MustCompile(`^42(13)*7$`)}, "4213137"},
		{"what nobody can enter", engine.CollectState{Min: 3, Max: 3, Pattern: regexp.MustCompile(`^abc$`)}, "an entry for x"},
		{"of the wrong length", engine.CollectState{Min: 3, Max: 3, Pattern: regexp.MustCompile(`^47$`)}, "an entry for x"},
		{"very long", engine.CollectState{Min: 100, Max: 200}, "an entry for x"},
	} {
		if got := entryKeys("x", c.collect); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

func TestSilent(t *testing.T) {
	t.Parallel()
	const word = SpeakingPace
	for _, c := range []struct {
		name               string
		states             []state
		fromStart, longest time.Duration
		bounded            bool
		startPath, keys    string
	}{
		{
			name:    "three prompts and goodbye",
			states:  []state{collect("a", 1, 3, "end"), hangup("end", "Thank you very much.")},
			bounded: true,
			// "Enter a." three times, the words after silence twice, "Goodbye."
			fromStart: 3*(5*time.Second+2*word) + 2*5*word + word,
			longest:   3*(5*time.Second+2*word) + 2*5*word + word,
			startPath: "a → $goodbye", keys: "silence ×3",
		},
		{
			name: "worse further on",
			states: []state{
				collect("a", 1, 3, "m"),
				menu("m", to{"option.1": "end", engine.OutExhausted: "r"}),
				request("r", "/x", to{engine.OutOK: "end"}),
				hangup("end", "Bye."),
			},
			bounded:   true,
			fromStart: 3*(5*time.Second+2*word) + 2*5*word + word,
			longest:   3*(5*time.Second+word) + 2*5*word + 20*time.Second + 4*word,
			startPath: "a → $goodbye", keys: "silence ×3, bank fails",
		},
		{
			name: "round until max_visits is used up",
			states: []state{
				menu("m", to{"option.1": "end", engine.OutExhausted: "s"}),
				say("s", "Again.", "m").visits(2),
				hangup("end", "Bye."),
			},
			bounded: true,
			// Two visits of the say, three of the menu, "Goodbye.".
			fromStart: 2*word + 3*(3*(5*time.Second+word)+2*5*word) + word,
			longest:   2*word + 3*(3*(5*time.Second+word)+2*5*word) + word,
			startPath: "m → s → $goodbye", keys: "silence ×3, s more than 2 times",
		},
		{
			name:   "for ever",
			states: []state{menu("m", to{"option.1": "end", engine.OutExhausted: "m"}), hangup("end", "Bye.")},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got := Silent(NewMap(flow(t, c.states...)))
			if got.Bounded != c.bounded {
				t.Fatalf("bounded: %t, want %t", got.Bounded, c.bounded)
			}
			if got.FromStart.Time != c.fromStart || got.Longest.Time != c.longest {
				t.Errorf("times %v and %v, want %v and %v", got.FromStart.Time, got.Longest.Time, c.fromStart, c.longest)
			}
			if got.FromStart.Path.States() != c.startPath || got.Longest.Path.Keys() != c.keys {
				t.Errorf("ways %q and %q, want %q and %q", got.FromStart.Path.States(), got.Longest.Path.Keys(), c.startPath, c.keys)
			}
		})
	}
}

func TestCountWords(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]int{
		"":                          0,
		" — ":                       0,
		"Press 1, then #.":          3,
		"Marque los cinco dígitos.": 4,
		"请按一":                       2,
	} {
		if got := countWords(text); got != want {
			t.Errorf("countWords(%q) = %d, want %d", text, got, want)
		}
	}
}

func TestCheckWithoutAStart(t *testing.T) {
	t.Parallel()
	spec := flow(t, bank()...)
	spec.Start = "nowhere"
	found := Check(spec)
	if !slices.ContainsFunc(found, func(f Finding) bool { return f.Code == CodeUnreachableState && f.State == "account" }) {
		t.Errorf("findings: %+v", summary(found))
	}
}
