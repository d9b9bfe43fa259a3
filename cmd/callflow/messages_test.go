package main

import (
	"os"
	"regexp"
	"slices"
	"testing"

	"callflow/cmd/callflow/config"
	"callflow/providers"
)

// TestSendersReadme: each sender but the one that is any API has a guide, whose
// settings open it.
func TestSendersReadme(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../providers/sms/README.md")
	if err != nil {
		t.Fatal(err)
	}
	env := []string{"TWILIO_TOKEN=hidden", "VONAGE_SECRET=hidden", "EIGHTX8_KEY=hidden", "CLICKATELL_KEY=hidden"}
	var got, want []string
	for _, b := range regexp.MustCompile("(?s)```yaml\n(.*?)```").FindAllStringSubmatch(string(text), -1) {
		in := &installation{sources: map[string][]byte{}}
		in.config, in.diags = config.Load(config.Source{File: "callflow.yaml", Content: []byte(b[1]), Env: env, Catalog: catalog()})
		in.openSenders()
		if len(in.diags) > 0 || len(in.senders) != 1 {
			t.Errorf("%d senders, %v, of\n%s", len(in.senders), in.diags, b[1])
			continue
		}
		got = append(got, in.senders[0].Name())
	}
	for _, e := range providers.SMS() {
		if e.Name != "http" {
			want = append(want, e.Name)
		}
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("the guides are of %q, expected %q", got, want)
	}
}
