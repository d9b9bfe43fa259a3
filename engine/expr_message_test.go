package engine

import "testing"

func TestFaultsAreWordedInTheLanguage(t *testing.T) {
	t.Parallel()
	scope := CallScope()
	scope["code"], scope["amount"], scope["vip"] = Type{Base: TypeText}, Type{Base: TypeNumber}, Type{Base: TypeBool}
	for source, want := range map[string]string{
		"code == 4":           "a text and a number cannot be compared (==)",
		"amount + code":       "a number and a text cannot be put together (+)",
		"caller == code":      "a record and a text cannot be compared (==)",
		"not amount":          "not cannot stand before a number",
		"digits(amount)":      "digits() takes a text here; found a number",
		"money(amount)":       "money() has not enough values",
		"digits(code, code)":  "digits() has too many values",
		"amount ? 1 : 2":      "expected a bool before the ?, found a number",
		"code ==":             "the expression ends too early",
		"(code":               "the expression ends too early",
		"code code":           "code was not expected here",
		`code == "4`:          "a quote is opened here and never closed",
		"amount and vip":      "a number and a bool cannot be put together (and)",
		"len(code) + vip > 1": "a number and a bool cannot be put together (+)",
	} {
		_, err := CompileExpr(source, scope, 0)
		if err == nil || err.Error() != want {
			t.Errorf("%s: %v; want %s", source, err, want)
		}
	}
}
