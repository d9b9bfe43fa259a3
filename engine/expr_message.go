package engine

import (
	"fmt"
	"regexp"
	"strings"

	"callflow/engine/lazy"
)

// plainMessage words what the expression library says about a fault in the terms
// of the language: text, number and bool, and no types of Go.
func plainMessage(message string) string {
	message = strings.TrimSpace(message)
	for _, m := range messages {
		if found := m.pattern().FindStringSubmatch(message); found != nil {
			return m.word(found)
		}
	}
	return goTypes.Replace(message)
}

var messages = []struct {
	pattern func() *regexp.Regexp
	word    func([]string) string
}{
	{lazy.Regexp(`^unexpected token EOF|^unexpected end of expression`), func([]string) string {
		return "the expression ends too early"
	}},
	{lazy.Regexp(`^unexpected token \w+\("(.*)"\)$`), func(m []string) string {
		return fmt.Sprintf("%s was not expected here", m[1])
	}},
	{lazy.Regexp(`^literal not terminated$`), func([]string) string {
		return "a quote is opened here and never closed"
	}},
	{lazy.Regexp(`^unrecognized character: (.*)$`), func(m []string) string {
		return fmt.Sprintf("the character %s is not part of the language of flows", strings.TrimPrefix(m[1], "U+0023 "))
	}},
	{lazy.Regexp(`^invalid operation: (\S+) \(mismatched types (.+) and (.+)\)$`), func(m []string) string {
		if m[1] == "%" && base(m[2]) == TypeNumber.String() && base(m[3]) == TypeNumber.String() {
			return "% takes whole numbers: put int() around both sides"
		}
		verb := "put together"
		switch m[1] {
		case "==", "!=", "<", "<=", ">", ">=", "in":
			verb = "compared"
		}
		return fmt.Sprintf("a %s and a %s cannot be %s (%s)", base(m[2]), base(m[3]), verb, m[1])
	}},
	{lazy.Regexp(`^invalid operation: (\S+) \(mismatched type (.+)\)$`), func(m []string) string {
		return fmt.Sprintf("%s cannot stand before a %s", m[1], base(m[2]))
	}},
	{lazy.Regexp(`^cannot use (.+) as argument \(type (.+)\) to call (\S+)$`), func(m []string) string {
		name, _, _ := strings.Cut(m[3], ".") // add.text is add to whoever writes it
		return fmt.Sprintf("%s() takes a %s here; found a %s", name, base(m[2]), base(m[1]))
	}},
	{lazy.Regexp(`^(not enough|too many) arguments to call (\S+)$`), func(m []string) string {
		return fmt.Sprintf("%s() has %s values", m[2], m[1])
	}},
	{lazy.Regexp(`^non-bool expression \(type (.+)\) used as condition$`), func(m []string) string {
		return fmt.Sprintf("expected a bool before the ?, found a %s", base(m[1]))
	}},
	{lazy.Regexp(`^invalid (integer|float|hex|binary|octal) literal`), func([]string) string {
		return "the number is out of range"
	}},
	{lazy.Regexp(`^Operator .* and coalesce expressions`), func([]string) string {
		return "the operator ?? is not part of the language of flows"
	}},
	{lazy.Regexp(`^error parsing regexp: (.*)$`), func(m []string) string {
		return "the pattern cannot be read: " + m[1]
	}},
	{lazy.Regexp(`exceeds maximum allowed nodes`), func([]string) string {
		return "the expression is too large"
	}},
}

// base is the name of a Go type in the language.
func base(goType string) string {
	switch goType {
	case "string":
		return TypeText.String()
	case "int", "float64":
		return TypeNumber.String()
	case "bool":
		return TypeBool.String()
	}
	if strings.HasPrefix(goType, "[]") {
		return TypeList.String()
	}
	if strings.HasPrefix(goType, "map") || strings.HasPrefix(goType, "{") {
		return TypeRecord.String()
	}
	return goTypes.Replace(goType)
}

var goTypes = strings.NewReplacer("[]interface {}", "list", "float64", "number", "string", "text", "interface {}", "value", "[]any", "list")
