package engine

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

// Whatever is said to be settled is so for every value there can be.
func TestSettledIsSound(t *testing.T) {
	t.Parallel()
	rnd := rand.New(rand.NewPCG(1, 2))
	scope := Scope{"n": {Base: TypeNumber}, "m": {Base: TypeText}}
	texts := []string{"", "sales", "support", "x"}
	pick := func(list ...string) string { return list[rnd.IntN(len(list))] }
	var condition func(depth int) string
	condition = func(depth int) string {
		if depth > 0 && rnd.IntN(3) > 0 {
			switch rnd.IntN(3) {
			case 0:
				return "not (" + condition(depth-1) + ")"
			default:
				return "(" + condition(depth-1) + pick(" and ", " or ") + condition(depth-1) + ")"
			}
		}
		comparison := pick("==", "!=", "<", "<=", ">", ">=")
		switch rnd.IntN(6) {
		case 0:
			return "m " + pick("==", "!=", "contains", "startsWith", "endsWith") + ` "` + pick("sales", "s", "x", "none") + `"`
		case 1:
			return `m in ["` + pick("sales", "none") + `", "x"]`
		case 2:
			return fmt.Sprintf("%d %s n", rnd.IntN(12)-2, comparison)
		case 3:
			return fmt.Sprintf("n in [%d, %d]", rnd.IntN(12)-2, rnd.IntN(9))
		case 4:
			return fmt.Sprintf("%d %s %d", rnd.IntN(3), comparison, rnd.IntN(3))
		}
		return fmt.Sprintf("n %s %d.%d", comparison, rnd.IntN(12)-2, rnd.IntN(2)*5)
	}
	domain := func(_, path string) Domain {
		if path == "m" {
			return Domain{Texts: texts}
		}
		return Domain{Bounded: true, High: 8, Whole: true}
	}
	settled := 0
	for range 4000 {
		source := condition(3)
		e, err := CompileExpr(source, scope, TypeBool)
		if err != nil {
			t.Fatalf("%s: %v", source, err)
		}
		always, never := e.Settled(domain)
		if !always && !never {
			continue
		}
		settled++
		for n := range 9 {
			for _, m := range texts {
				s := Session{Vars: []Var{{Name: "m", Value: m}, {Name: "n", Value: float64(n)}}}
				got, err := e.eval(&s, new(Words))
				if err != nil {
					t.Fatalf("%s: %v", source, err)
				}
				if got == true && never || got == false && always {
					t.Fatalf("%s is %v for n = %d, m = %q: said to be settled (always %v, never %v)", source, got, n, m, always, never)
				}
			}
		}
	}
	if settled < 300 {
		t.Errorf("only %d conditions were settled", settled)
	}
}

// What a condition of nothing but written values comes to is always known; what has a
// part that cannot be read is not.
func TestSettled(t *testing.T) {
	t.Parallel()
	scope := Scope{"n": {Base: TypeNumber}, "b": {Base: TypeBool}, "t": {Base: TypeText}}
	for _, tt := range []struct{ source, want string }{
		{"true", "always"},
		{"1 < 2", "always"},
		{"-1 > 0", "never"},
		{`"a" == "b"`, "never"},
		{`2 in [1, 2]`, "always"},
		{"b", "open"},
		{"not b", "open"},
		{"b or true", "always"},
		{"b and n < 1 and n > 1", "never"},
		{"n * 2 > 5", "open"},
		{`t matches "^1"`, "open"},
		{`t == "a" and t == "b"`, "never"},
		{`t == "a" and t contains "b"`, "never"},
		{"n == 1 or n != 1", "always"},
		{"n < 1 ? true : false", "open"},
		{"int(n) % 2 == 2", "never"},
		{"int(n) % 2 == -1", "open"},
	} {
		e, err := CompileExpr(tt.source, scope, TypeBool)
		if err != nil {
			t.Fatalf("%s: %v", tt.source, err)
		}
		always, never := e.Settled(func(string, string) Domain { return Domain{} })
		got := strings.TrimSpace(map[bool]string{true: "always"}[always] + " " + map[bool]string{true: "never"}[never])
		if got == "" {
			got = "open"
		}
		if got != tt.want {
			t.Errorf("%s: %s, expected %s", tt.source, got, tt.want)
		}
	}
}
