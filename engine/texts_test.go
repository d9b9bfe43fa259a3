package engine_test

import (
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"callflow/engine"
)

// kinds are one of each kind of state.
func kinds() []engine.Kind {
	return []engine.Kind{
		engine.MenuState{},
		engine.CollectState{},
		engine.ConfirmState{},
		engine.SayState{},
		engine.PlayState{},
		engine.HangupState{},
		engine.BranchState{},
		engine.HoursState{},
		engine.LanguageState{},
		engine.BackState{},
		engine.SetState{},
		engine.SubflowState{},
		engine.ReturnState{},
		engine.AuthenticateState{},
		engine.ChallengeState{},
		engine.VerifyState{},
		engine.IdentifyState{},
		engine.RequestState{},
		engine.ActionState{},
		engine.TransferState{},
		engine.RecordState{},
		engine.QueueState{},
		engine.ReplayState{},
	}
}

// TestTextsOfEveryKind: whatever text a kind of state has, TextsOf has it too.
func TestTextsOfEveryKind(t *testing.T) {
	t.Parallel()
	for _, k := range kinds() {
		v := reflect.New(reflect.TypeOf(k)).Elem()
		var want []string
		fillTexts(v, &want)
		var got []string
		for _, text := range engine.TextsOf(v.Interface().(engine.Kind)) {
			got = append(got, text[0].String())
		}
		slices.Sort(got)
		slices.Sort(want)
		if !slices.Equal(got, want) {
			t.Errorf("%T: got %q, want %q", k, got, want)
		}
		if texts := engine.TextsOf(k); len(texts) > 0 {
			t.Errorf("%T without texts: got %v", k, texts)
		}
	}
}

// fillTexts gives every text of a struct words of its own, and notes them.
func fillTexts(v reflect.Value, words *[]string) {
	text := func() reflect.Value {
		*words = append(*words, fmt.Sprint("text ", len(*words)))
		return reflect.ValueOf(engine.Text{engine.Literal((*words)[len(*words)-1])})
	}
	for i := range v.NumField() {
		f := v.Field(i)
		switch {
		case f.Type() == reflect.TypeFor[engine.Text]():
			f.Set(text())
		case f.Type() == reflect.TypeFor[engine.Prompt]():
			f.Set(reflect.Append(f, text(), text()))
		case !hasTexts(f.Type(), nil):
		case f.Kind() == reflect.Struct:
			fillTexts(f, words)
		case f.Kind() == reflect.Pointer:
			f.Set(reflect.New(f.Type().Elem()))
			fillTexts(f.Elem(), words)
		case f.Kind() == reflect.Slice:
			f.Set(reflect.Append(f, reflect.New(f.Type().Elem()).Elem()))
			fillTexts(f.Index(0), words)
		}
	}
}

// hasTexts tells whether there is a text anywhere in a type; within are those being
// looked at.
func hasTexts(t reflect.Type, within []reflect.Type) bool {
	switch {
	case t == reflect.TypeFor[engine.Text]() || t == reflect.TypeFor[engine.Prompt]():
		return true
	case slices.Contains(within, t):
		return false
	}
	within = append(within, t)
	switch t.Kind() {
	case reflect.Pointer, reflect.Slice:
		return hasTexts(t.Elem(), within)
	case reflect.Struct:
		for i := range t.NumField() {
			if t.Field(i).IsExported() && hasTexts(t.Field(i).Type, within) {
				return true
			}
		}
	}
	return false
}

// TestKindsIsWhole: the list of kinds is that of the files state_*.go.
func TestKindsIsWhole(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("state_*.go")
	if err != nil {
		t.Fatal(err)
	}
	var want, got []string
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		source, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range regexp.MustCompile(`(?m)^func \((?:\w+ )?(\w+State)\) Name\(\)`).FindAllStringSubmatch(string(source), -1) {
			want = append(want, m[1])
		}
	}
	for _, k := range kinds() {
		got = append(got, reflect.TypeOf(k).Name())
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("got %q, the files have %q", got, want)
	}
}
