package flows

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"gopkg.in/yaml.v3"
)

// large writes a flow of n states: questions, sign-ins, reads and writes as in
// the examples, one round of them after another.
func large(n int) []byte {
	var b strings.Builder
	b.WriteString("callflow: 1\nflow: large\nlanguages: [en, es]\nstart: s0_account\n\nstates:\n")
	round := []string{`
  %[1]s_account:
    collect:
      prompt: { en: "Please enter your account number, followed by the pound sign.", es: "Marque su número de cuenta." }
      digits: 1-10
      terminator: "#"
    next: %[1]s_pin
`, `
  %[1]s_pin:
    collect:
      prompt: { en: Please enter your four digit PIN., es: Marque su clave de cuatro dígitos. }
      digits: 4
      secret: true
    next: %[1]s_sign_in
`, `
  %[1]s_sign_in:
    authenticate:
      account: ${%[1]s_account}
      pin: ${%[1]s_pin}
    next:
      authenticated: %[1]s_welcome
      denied: bye
`, `
  %[1]s_welcome:
    requires: authenticated
    say: { en: "Welcome ${caller.greeting}.", es: "Bienvenido ${caller.greeting}." }
    next: %[1]s_menu
`, `
  %[1]s_menu:
    requires: authenticated
    menu:
      prompt: { en: "Press 1 for account balance, 2 for payments, or 9 to finish.", es: "Oprima 1 para saldo, 2 para pagos, o 9 para terminar." }
      options:
        1: %[1]s_balance
        2: %[1]s_animal
        9: %[2]s
`, `
  %[1]s_balance:
    requires: authenticated
    request:
      service: bank
      get: /accounts/${caller.account}/balance
      returns: { amount: number, currency: text }
    next:
      ok: %[1]s_say_balance
      error: bye
`, `
  %[1]s_say_balance:
    requires: authenticated
    say: { en: "Your balance is ${money(%[1]s_balance.amount, %[1]s_balance.currency)}.", es: "Su saldo es ${money(%[1]s_balance.amount, %[1]s_balance.currency)}." }
    next: %[1]s_menu
`, `
  %[1]s_animal:
    requires: authenticated
    collect:
      prompt: { en: Enter the five digit animal number., es: Marque los cinco dígitos del animal. }
      digits: 5
      confirm:
        en: You entered ${digits(%[1]s_animal)}. Press 1 if that is right, or 2 to enter it again.
        es: Marcó ${digits(%[1]s_animal)}. Oprima 1 si es correcto, o 2 para repetirlo.
    next: %[1]s_record
`, `
  %[1]s_record:
    requires: authenticated
    action:
      service: herd
      post: /events
      body: { event: "${%[1]s_menu}", animal: "${%[1]s_animal}", reporter: "${call.from}" }
    next:
      done: %[1]s_judge
      rejected: bye
      pending: bye
`, `
  %[1]s_judge:
    requires: authenticated
    branch:
      when:
        - { if: int(%[1]s_animal) == 0, next: %[1]s_animal }
      else: %[1]s_menu
`}
	for i := 0; i*len(round) < n; i++ {
		next := fmt.Sprintf("s%d_account", i+1)
		if (i+1)*len(round) >= n {
			next = "bye"
		}
		for _, state := range round {
			fmt.Fprintf(&b, state, fmt.Sprintf("s%d", i), next)
		}
	}
	b.WriteString("\n  bye:\n    hangup: { say: { en: Goodbye., es: Adiós. } }\n")
	return []byte(b.String())
}

func TestLargeFlowIsFine(t *testing.T) {
	t.Parallel()
	program, diags := CompileSource("large.yaml", large(200), Options{})
	for _, d := range diags {
		t.Errorf("%s", d)
	}
	if program == nil {
		t.Fatal("no program")
	}
}

func BenchmarkCheckCompile(b *testing.B) {
	for _, n := range []int{100, 10_000} {
		b.Run(fmt.Sprintf("%dstates", n), func(b *testing.B) {
			src := large(n)
			b.SetBytes(int64(len(src)))
			b.ReportAllocs()
			for b.Loop() {
				if program, diags := CompileSource("large.yaml", src, Options{}); program == nil {
					b.Fatal(diags)
				}
			}
		})
	}
}

// BenchmarkYAMLNode is what the YAML library needs for the same file alone.
func BenchmarkYAMLNode(b *testing.B) {
	for _, n := range []int{100, 10_000} {
		b.Run(fmt.Sprintf("%dstates", n), func(b *testing.B) {
			src := large(n)
			b.SetBytes(int64(len(src)))
			b.ReportAllocs()
			for b.Loop() {
				var node yaml.Node
				if err := yaml.Unmarshal(src, &node); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkRatio measures both in one run: compiling 10,000 states may cost at
// most three times what YAML needs for the file.
func BenchmarkRatio(b *testing.B) {
	src := large(10_000)
	var yamlTime, compileTime time.Duration
	for b.Loop() {
		start := time.Now()
		var node yaml.Node
		if err := yaml.Unmarshal(src, &node); err != nil {
			b.Fatal(err)
		}
		middle := time.Now()
		if program, diags := CompileSource("large.yaml", src, Options{}); program == nil {
			b.Fatal(diags)
		}
		yamlTime += middle.Sub(start)
		compileTime += time.Since(middle)
	}
	b.ReportMetric(compileTime.Seconds()/yamlTime.Seconds(), "compile/yaml")
}
