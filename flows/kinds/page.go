package kinds

import (
	"fmt"
	"strings"

	"callflow/engine"
	"callflow/flows"
)

// Page is the reference of a kind, in Markdown. The example is a whole flow, or
// empty.
func Page(k flows.Kind, example string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "# %s\n\n%s What all states have in common stands in the [reference](../README.md#states), and more about this kind [there](../README.md#%s).\n", k.Key, k.Doc, k.Key)
	shapes := []flows.Shape{k.Shape}
	if k.Shape.Form == flows.FormEither {
		shapes = k.Shape.Any
	}
	for _, s := range shapes {
		if s.Form == flows.FormMapping {
			settings(&b, s)
		} else if s.Form != flows.FormNothing {
			fmt.Fprintf(&b, "\n`%s:` takes %s.\n", k.Key, describe(s))
		}
	}
	outcomes(&b, k)
	if example != "" {
		fmt.Fprintf(&b, "\n## Example\n\n```yaml\n%s```\n", example)
	}
	return b.String()
}

func settings(b *strings.Builder, s flows.Shape) {
	b.WriteString("\n## Settings\n\n| key | takes | default | |\n| --- | --- | --- | --- |\n")
	one := map[string]bool{}
	for _, f := range s.OneOf {
		one[f.Key] = true
	}
	for _, f := range s.Ordered() {
		fallback := f.Default
		switch {
		case f.Required:
			fallback = "required"
		case one[f.Key]:
			fallback = "one of these"
		case f.Inherited && fallback != "":
			fallback = "the flow's `defaults`, else " + fallback
		case f.Inherited:
			fallback = "the flow's `defaults`"
		}
		fmt.Fprintf(b, "| `%s` | %s | %s | %s |\n", f.Key, describe(f.Shape), cell(fallback), cell(f.Doc))
	}
}

// describe says what may stand as a value.
func describe(s flows.Shape) string {
	switch s.Form {
	case flows.FormTree:
		return "any tree of values"
	case flows.FormText:
		return "a text"
	case flows.FormTemplate, flows.FormValue:
		return "a text, with `${…}`"
	case flows.FormWording:
		return "what is said, or that by language"
	case flows.FormPrompt:
		return "what is said, a list of that, or either by language"
	case flows.FormPhrases:
		return "what callers say, a list of that, or either by language"
	case flows.FormShare:
		return "a number from 0 to 1"
	case flows.FormName:
		return "the name of a flow"
	case flows.FormService:
		return "the name of a service"
	case flows.FormState:
		return "the name of a state"
	case flows.FormDuration:
		return "a time from " + s.Low + " to " + s.High
	case flows.FormInteger:
		return "a number from " + s.Low + " to " + s.High
	case flows.FormBoolean:
		return "`true` or `false`"
	case flows.FormWord:
		return "`" + strings.Join(s.Words, "`, `") + "`"
	case flows.FormExpression:
		return "an expression"
	case flows.FormDigits:
		return "a number, or a range such as `1-10`"
	case flows.FormKey:
		return "a key"
	case flows.FormPattern:
		return "a regular expression"
	case flows.FormNothing:
		return "nothing"
	case flows.FormList:
		return "a list of " + describe(*s.Of)
	case flows.FormNames:
		what := s.Names.What
		if what == "" {
			what = "name"
		}
		return "for each " + what + ": " + describe(*s.Of)
	case flows.FormMapping:
		var keys []string
		for _, f := range s.Ordered() {
			keys = append(keys, f.Key)
		}
		return "`{ " + strings.Join(keys, ", ") + " }`"
	case flows.FormEither:
		var all []string
		for _, one := range s.Any {
			all = append(all, describe(one))
		}
		return strings.Join(all, "; or ")
	}
	return string(s.Form)
}

// cell is a text fit for a table.
func cell(text string) string { return strings.ReplaceAll(text, "|", `\|`) }

func outcomes(b *strings.Builder, k flows.Kind) {
	if k.Outcomes == nil {
		b.WriteString("\nIt has no `next`.\n")
		return
	}
	b.WriteString("\n## Outcomes\n\n| outcome | leads to, unless the state or the defaults say so |\n| --- | --- |\n")
	for _, o := range k.Outcomes {
		fallback := "the state or the defaults must say so"
		switch {
		case o.Own && o.Like == "":
			fallback = "the state itself must say so"
		case o.Like != "":
			fallback = "as `" + o.Like + "`"
		case o.Name == engine.OutError:
			fallback = "`on_error`, else an apology"
		case o.Name == engine.OutLimit:
			fallback = "`limits: exit:`, else a goodbye"
		case o.Builtin == engine.StateApology:
			fallback = "an apology"
		case o.Builtin != "":
			fallback = "a goodbye"
		}
		if o.Plain {
			fallback += "; a plain `next` is this one"
		}
		fmt.Fprintf(b, "| `%s` | %s |\n", o.Name, fallback)
	}
	if k.Open {
		b.WriteString("\nThe others are those that the flow it enters returns.\n")
	}
}
