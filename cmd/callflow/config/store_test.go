package config_test

import (
	"path/filepath"
	"strings"
	"testing"

	"callflow/cmd/callflow/config"
	"callflow/flows"
)

func TestStore(t *testing.T) {
	t.Parallel()
	absolute, err := filepath.Abs("calls.db")
	if err != nil {
		t.Fatal(err)
	}
	const other = "ffeeddccbbaa99887766554433221100ffeeddccbbaa99887766554433221100"
	bolt := func(target string) config.Store { return config.Store{Name: "bolt", Target: target, Durable: true} }
	for _, c := range []struct {
		name    string
		content string
		env     []string
		want    config.Store
		keys    int
		code    flows.Code // what is wrong
		hint    string
		says    string // in the message
	}{
		{name: "by default", want: config.Store{Name: "memory"}},
		{name: "beside the file", content: "store: bolt:calls.db\nseal_key: " + sealKey, want: bolt("etc/calls.db"), keys: 1},
		{name: "absolute", content: "store: bolt:" + absolute + "\nseal_key: " + sealKey, want: bolt(absolute), keys: 1},
		{name: "with spaces", content: "store: 'bolt:my calls.db'\nseal_key: " + sealKey, want: bolt("etc/my calls.db"), keys: 1},
		{name: "from the environment", env: []string{"CALLFLOW_STORE=bolt:calls.db", "CALLFLOW_SEAL_KEY=" + sealKey}, want: bolt("calls.db"), keys: 1},
		{
			name: "keys in turn", content: "store: bolt:calls.db\nseal_key: ['${env:NEW_KEY}', '${env:OLD_KEY}']",
			env: []string{"NEW_KEY=" + other, "OLD_KEY=" + sealKey}, want: bolt("etc/calls.db"), keys: 2,
		},
		{
			name: "keys in turn in the environment", content: "store: bolt:calls.db",
			env: []string{"CALLFLOW_SEAL_KEY=" + other + " " + sealKey}, want: bolt("etc/calls.db"), keys: 2,
		},
		{
			name: "no key", content: "store: bolt:calls.db", want: bolt("etc/calls.db"), code: config.CodeSealKeyMissing,
			hint: "make one with: callflow config new-key, and set it in the environment as CALLFLOW_SEAL_KEY",
		},
		{
			name: "a key that is none", content: "store: bolt:calls.db\nseal_key: abc", want: bolt("etc/calls.db"),
			code: flows.CodeBadValue, hint: "make one with: callflow config new-key",
		},
		{
			name: "a key with a slip in it", content: "store: bolt:calls.db\nseal_key: " + sealKey[:16] + "x" + sealKey[17:], want: bolt("etc/calls.db"),
			code: flows.CodeBadValue, hint: "make one with: callflow config new-key", says: "character 17 of 64 is none of 0 to 9 and a to f",
		},
		{
			name: "a key with a slip at its end", content: "store: bolt:calls.db\nseal_key: " + sealKey[:63] + "é", want: bolt("etc/calls.db"),
			code: flows.CodeBadValue, hint: "make one with: callflow config new-key", says: "character 64 of 64 is none of",
		},
		{
			name: "two keys in one variable", content: "store: bolt:calls.db\nseal_key: '${env:KEY}'", env: []string{"KEY=" + other + " " + sealKey},
			want: bolt("etc/calls.db"), code: flows.CodeBadValue, says: "found 129 characters in 2 parts, expected 64 in one",
			hint: `several keys are a list of variables with one each, the current one first: seal_key: ["${env:NEW_KEY}", "${env:OLD_KEY}"]`,
		},
		{
			name: "two keys with a comma", content: "store: bolt:calls.db", env: []string{"CALLFLOW_SEAL_KEY=" + other + "," + sealKey},
			want: bolt("etc/calls.db"), code: flows.CodeBadValue, says: "found 129 characters in 2 parts, expected 64 in one",
			hint: "several keys are separated by spaces, the current one first",
		},
		{
			name: "an empty variable", content: "store: bolt:calls.db\nseal_key: '${env:KEY}'", env: []string{"KEY="},
			want: bolt("etc/calls.db"), code: flows.CodeBadValue, says: "is empty", hint: "make one with: callflow config new-key",
		},
		{
			name: "an empty setting", content: "store: bolt:calls.db", env: []string{"CALLFLOW_SEAL_KEY="},
			want: bolt("etc/calls.db"), code: flows.CodeBadValue, says: "is empty", hint: "make one with: callflow config new-key",
		},
		{
			name: "a variable that is not set", content: "store: bolt:calls.db\nseal_key: '${env:KEY}'",
			want: bolt("etc/calls.db"), code: config.CodeUnsetEnvironment, says: "KEY is not set", hint: "make one with: callflow config new-key",
		},
		{
			name: "one key twice", content: "store: bolt:calls.db\nseal_key: [" + sealKey + ", " + sealKey + "]", want: bolt("etc/calls.db"),
			keys: 2, code: flows.CodeDuplicateKey,
		},
		{
			name: "no file", content: "store: bolt\nseal_key: " + sealKey, want: bolt(""), keys: 1,
			code: flows.CodeBadValue, hint: "write it behind a colon, such as bolt:callflow.db",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			cfg, ds := config.Load(config.Source{File: "etc/callflow.yaml", Content: []byte(c.content), Env: c.env, Catalog: catalog()})
			if cfg.Store != c.want {
				t.Errorf("store %+v, expected %+v", cfg.Store, c.want)
			}
			if len(cfg.SealKeys) != c.keys {
				t.Errorf("%d keys, expected %d", len(cfg.SealKeys), c.keys)
			}
			if c.keys == 2 && c.code == "" && cfg.SealKeys[0].Secret[0] != 0xff {
				t.Error("the first key is not the first")
			}
			switch {
			case c.code == "" && len(ds) > 0:
				t.Errorf("something is wrong: %v", ds)
			case c.code != "" && (len(ds) != 1 || ds[0].Code != c.code || ds[0].Hint != c.hint):
				t.Errorf("wrong are %v, expected %s with the hint %q", ds, c.code, c.hint)
			}
			for _, d := range ds {
				if text := d.String(); strings.Contains(text, sealKey[:16]) || strings.Contains(text, other) {
					t.Error("a message has the key")
				}
				if !strings.Contains(d.Message, c.says) {
					t.Errorf("found the message %q, expected %q in it", d.Message, c.says)
				}
			}
		})
	}
}
