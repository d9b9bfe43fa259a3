package main

import (
	"strings"

	"github.com/spf13/cobra"

	"callflow/cmd/callflow/config"
	"callflow/flows"
	"callflow/flows/flowtest"
	"callflow/flows/schema"
)

// schemas are what an editor can be told about, by the word for it.
var schemas = [...]struct {
	word string
	make func() ([]byte, error)
}{
	{"flow", func() ([]byte, error) { return schema.Flow(flows.Declared()) }},
	{"test", func() ([]byte, error) { return schema.Of("callflow tests", flowtest.SuiteShape()) }},
	{"standins", func() ([]byte, error) { return schema.Of("standins.yaml", flowtest.StandinsShape()) }},
	{"config", func() ([]byte, error) { return schema.Of("callflow.yaml", config.Shape(catalog())) }},
}

func newSchema(c *Command) *cobra.Command {
	var words []string
	for _, s := range schemas {
		words = append(words, s.word)
	}
	return &cobra.Command{
		Use:   "schema [" + strings.Join(words, "|") + "]",
		Short: "Print the JSON Schema of flows, tests and settings, for editors",
		Long: `Prints the JSON Schema (draft-07) of flows, of their tests (*_test.yaml), of
standins.yaml, or of callflow.yaml: with it an editor completes keys, kinds and words,
shows what each is for, and marks mistakes of shape as one types. What a flow means,
"callflow check" says.

For editors that use yaml-language-server, write the schema to a file and begin a flow
with a line that names it:

  # yaml-language-server: $schema=flow.schema.json`,
		Example: `  callflow schema > flow.schema.json
  callflow schema test > flow_test.schema.json
  callflow schema config > callflow.schema.json`,
		Args:      maxArgs(1),
		ValidArgs: words,
		RunE: func(_ *cobra.Command, args []string) error {
			word := words[0]
			if len(args) > 0 {
				word = args[0]
			}
			for _, s := range schemas {
				if s.word != word {
					continue
				}
				text, err := s.make()
				if err != nil {
					return err
				}
				_, err = c.Stdout.Write(text)
				return err
			}
			hint := ""
			if s := flows.Suggest(word, words); s != "" {
				hint = "; " + s
			}
			return usagef("there is no schema of %q, expected %s%s", word, strings.Join(words, " or "), hint)
		},
	}
}
