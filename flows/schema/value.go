package schema

import (
	"strconv"

	"callflow/flows"
)

// Patterns of single values, in the part of regular expressions that all readers
// of schemas have.
const (
	notBlank     = `\S`
	languageTag  = `^[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8})*$`
	plainName    = `^[a-z][a-z0-9_]{0,63}$`
	serviceName  = `^[a-z][a-z0-9_-]{0,63}$`
	wholeNumber  = `^[+-]?[0-9]+$`
	truthValue   = `^(true|false)$`
	digitRange   = `^[0-9]{1,4}(\s*-\s*[0-9]{1,4})?$`
	dollarBrace  = `\$\{`
	phoneKey     = `^[0-9*#]$`
	lengthOfTime = `^\+?([0-9]+(\.[0-9]*)?(ns|us|µs|ms|s|m|h))+$`
)

// textTypes are what YAML takes a text for that has no quotes.
var textTypes = []string{"string", "number", "boolean"}

func reference(name string) object { return object{{"$ref", "#/definitions/" + name}} }

func text() object { return object{{"type", textTypes}, {"pattern", notBlank}} }

func matching(pattern string) object { return object{{"type", "string"}, {"pattern", pattern}} }

// number is a whole number, which may stand in quotes.
func number(pattern string, low, high int) object {
	return object{{"type", []string{"integer", "string"}}, {"pattern", pattern}, {"minimum", low}, {"maximum", high}}
}

// wording is a text, or one for each language.
func wording() object {
	with, within := flows.SpecialTexts()
	return anyOf(append(lines(with), perLanguage(anyOf(lines(within)...)))...)
}

// prompt is a wording that may be a list.
func prompt() object {
	with, within := flows.SpecialTexts()
	several := object{{"type", "array"}, {"items", anyOf(lines(within)...)}, {"minItems", 1}}
	line := anyOf(append(lines(within), several)...)
	return anyOf(append(lines(with), several, perLanguage(line))...)
}

// lines are what a text can be: a plain one, and the special ones.
func lines(special []flows.Shape) []object {
	all := []object{text()}
	for _, s := range special {
		all = append(all, shape(s))
	}
	return all
}

func anyOf(forms ...object) object { return object{{"anyOf", forms}} }

func perLanguage(of object) object {
	return object{
		{"type", "object"},
		{"propertyNames", object{{"pattern", languageTag}}},
		{"additionalProperties", of},
		{"minProperties", 1},
	}
}

// words are an enumeration. A number in it, and true and false, count with quotes and
// without.
func words(all []string) object {
	var values []any
	for _, w := range all {
		if n, err := strconv.Atoi(w); err == nil {
			values = append(values, n)
		}
		if w == "true" || w == "false" {
			values = append(values, w == "true")
		}
		values = append(values, w)
	}
	return object{{"enum", values}}
}

// single is the schema of a value that holds no others.
func single(s flows.Shape) object {
	switch s.Form {
	case flows.FormText, flows.FormTemplate, flows.FormExpression, flows.FormPattern:
		return text()
	case flows.FormValue:
		return object{{"type", textTypes}}
	case flows.FormLanguage:
		return matching(languageTag)
	case flows.FormWording:
		return reference("wording")
	case flows.FormPrompt:
		return reference("prompt")
	case flows.FormPhrases:
		several := object{{"type", "array"}, {"items", text()}, {"minItems", 1}}
		return anyOf(text(), several, perLanguage(anyOf(text(), several)))
	case flows.FormShare:
		return object{{"type", []string{"number", "string"}}, {"minimum", 0}, {"maximum", 1}}
	case flows.FormName, flows.FormState:
		return matching(plainName)
	case flows.FormService:
		return matching(serviceName)
	case flows.FormDuration:
		return matching(lengthOfTime)
	case flows.FormInteger:
		low, _ := strconv.Atoi(s.Low) // declared as a number
		high, _ := strconv.Atoi(s.High)
		return number(wholeNumber, low, high)
	case flows.FormBoolean:
		return object{{"type", []string{"boolean", "string"}}, {"pattern", truthValue}}
	case flows.FormWord:
		return words(s.Words)
	case flows.FormDigits:
		return number(digitRange, 1, flows.MaxDigits)
	case flows.FormKey:
		return number(phoneKey, 0, 9)
	case flows.FormReference:
		return matching(dollarBrace)
	case flows.FormNothing:
		return object{{"type", "null"}}
	}
	return object{} // a tree: anything
}
