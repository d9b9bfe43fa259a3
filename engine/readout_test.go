package engine

import (
	"testing"
	"time"
)

// A read-out gives what the expression library would give, and everything that
// is not quite one is left to the library.
func TestReadoutIsWhatTheLibraryGives(t *testing.T) {
	t.Parallel()
	w, err := NewWords("en", Words{
		NoInput: []string{"?"}, NoMatch: []string{"?"}, Goodbye: "bye", Apology: "sorry", Hold: "wait", Minus: "minus", And: "and",
		Months: []string{"January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"},
		Date:   "{month} {day}, {year}", Time: "{hour} {minute} {half}", Half: []string{"a.m.", "p.m."},
		Currencies: map[string]CurrencyWords{"USD": {One: "dollar", Other: "dollars", SubOne: "cent", SubMany: "cents"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	text, number := Type{Base: TypeText}, Type{Base: TypeNumber}
	scope := CallScope()
	scope["code"], scope["amount"], scope["vip"], scope["pin"], scope["unset"] = text, number, Type{Base: TypeBool}, Type{Base: TypeSecret}, text
	scope["due"] = Type{Base: TypeRecord, Fields: []Field{{"amount", number}, {"currency", text}, {"day", text}}}
	s := &Session{StartedAt: time.Unix(0, 0), Call: Call{From: "+15550100"}, Vars: []Var{
		{"code", "0042"},
		{"amount", 12.5},
		{"vip", true},
		{"due", Record{{"amount", -3.25}, {"currency", "USD"}, {"day", "2026-11-21"}}},
	}}
	for source, fast := range map[string]bool{
		"digits(code)":                        true,
		"digits( call.from )":                 true,
		`digits("12")`:                        true,
		"money(amount, due.currency)":         true,
		"money(due.amount,due.currency)":      true,
		`money(amount, "USD")`:                true,
		"date(due.day)":                       true,
		"date(code)":                          true, // fails
		"time(due.day)":                       true, // fails
		"int(code)":                           true,
		"int(amount)":                         true,
		"text(amount)":                        true,
		"text(vip)":                           true,
		"len(code)":                           true,
		"digits(unset)":                       true, // fails
		`code == "0042"`:                      true,
		`code != "0042"`:                      true,
		`code<"1"`:                            true,
		`code >= due.currency`:                true,
		`"a <= b" == code`:                    true,
		"amount > 12":                         true,
		"amount <= due.amount":                true,
		"12 < amount":                         true,
		"int(code) == 42":                     true,
		"int(amount) == amount":               true,
		"len(code) >= 4":                      true,
		"vip == true":                         true,
		"vip != false":                        true,
		"int(call.from) > 3":                  true,
		`unset == "x"`:                        true, // fails
		"amount == 12.5":                      false,
		"due.amount > -4":                     false,
		"amount > 0 and vip":                  false,
		"not vip":                             false,
		"vip and amount == 12":                false,
		`code == "00" + "42"`:                 false,
		`code in ["0042", "1"]`:               false,
		"amount < 13 == vip":                  false,
		`code == 'x'`:                         false,
		"true":                                false,
		"42":                                  false,
		"int(code) + 1":                       false,
		"digits(text(amount))":                false,
		"money(2, \"USD\")":                   true,
		"digits(\"a\" + code)":                false,
		"len(code) > 3 ? code : due.currency": false,
	} {
		e, err := CompileExpr(source, scope, 0)
		if err != nil {
			t.Errorf("%s: %v", source, err)
			continue
		}
		if (e.readout != nil) != fast {
			t.Errorf("%s: read-out %t, want %t", source, e.readout != nil, fast)
		}
		library, fault := compileProgram(source, scope)
		if fault != nil {
			t.Errorf("%s: the library: %v", source, fault)
			continue
		}
		got, gotErr := e.eval(s, w)
		want, wantErr := library.eval(s, w)
		if got != want || (gotErr == nil) != (wantErr == nil) {
			t.Errorf("%s: %v (%v), the library %v (%v)", source, got, gotErr, want, wantErr)
		}
		if e.Type().Base != library.Type().Base || e.MayFail() != library.MayFail() || len(e.Names()) != len(library.Names()) {
			t.Errorf("%s: %s %q %v, the library %s %q %v", source, e.Type(), e.MayFail(), e.Names(), library.Type(), library.MayFail(), library.Names())
		}
	}
	for _, source := range []string{"digits(amount)", "digits(pin)", "digits(nothing)", "digits(due)", "digits()", "digits(code, code)", "money(code, amount)", "int(vip)", "code == 4", "vip < true", "pin == code", "due == code", "code = code", "code ! code", "code ==", "== code", "amount == 007", "now()", "digits(true)"} {
		if e, ok := compileReadout(source, scope); ok {
			t.Errorf("%s is a read-out: %v", source, e.readout)
		}
	}
}
