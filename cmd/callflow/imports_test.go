package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"maps"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const (
	module      = "callflow/"
	exprPath    = "github.com/expr-lang/expr"
	machinePath = "github.com/looplab/fsm"
	textPath    = "golang.org/x/text"
	contract    = "callflow/providers/telephony"
)

// pkg is a package of ours, as far as the arrows go.
type pkg struct {
	path    string
	imports []string // without those of tests
	files   []source
}

// source is a file that is no test.
type source struct {
	name    string
	imports []string
	calls   []string // "time.Now"
}

// arrow is a rule about what may use what. wrong says what a package does against
// it.
type arrow struct {
	name  string
	of    func(path string) bool
	wrong func(p pkg) []string
}

// isAdapter tells the packages under providers that are adapters: one folder each.
func isAdapter(path string) bool {
	for _, family := range []string{"telephony", "identity", "store", "sms", "calls"} {
		name, ok := strings.CutPrefix(path, "callflow/providers/"+family+"/")
		if ok && !slices.Contains([]string{"codectest", "storetest", "smstest", "player", "sender", "twiml"}, name) {
			return true
		}
	}
	return path == "callflow/providers/services"
}

func is(paths ...string) func(string) bool {
	return func(path string) bool { return slices.Contains(paths, path) }
}

func under(prefix string) func(string) bool {
	return func(path string) bool { return path == prefix || strings.HasPrefix(path, prefix+"/") }
}

// never forbids imports.
func never(forbidden func(string) bool) func(pkg) []string {
	return func(p pkg) []string {
		var wrong []string
		for _, i := range p.imports {
			if forbidden(i) {
				wrong = append(wrong, p.path+" imports "+i)
			}
		}
		return wrong
	}
}

// only allows imports; those of the standard library are always allowed.
func only(allowed ...func(string) bool) func(pkg) []string {
	return never(func(path string) bool {
		return !isStandard(path) && !slices.ContainsFunc(allowed, func(ok func(string) bool) bool { return ok(path) })
	})
}

func isStandard(path string) bool {
	first, _, _ := strings.Cut(path, "/")
	return !strings.Contains(first, ".") && first != "callflow"
}

func anyOf(rules ...func(string) bool) func(string) bool {
	return func(path string) bool {
		return slices.ContainsFunc(rules, func(r func(string) bool) bool { return r(path) })
	}
}

// arrows are the picture of the architecture, and what keeps the core pure.
func arrows() []arrow {
	return []arrow{
		{
			"the engine imports the standard library, the machine, expr, x/text and what it shares with all",
			is("callflow/engine"), only(under(machinePath), under(exprPath), under(textPath), is("callflow/engine/lazy")),
		},
		{
			"what all share imports the standard library alone",
			is("callflow/engine/lazy"), only(),
		},
		{
			"the engine has no network, files, logger or randomness",
			is("callflow/engine"),
			never(func(path string) bool {
				return under("net")(path) && path != "net/url" || // which only escapes
					is("os", "os/exec", "syscall", "log", "log/slog", "math/rand", "math/rand/v2", "crypto/rand")(path)
			}),
		},
		{
			"the engine reads no clock",
			is("callflow/engine"),
			func(p pkg) []string {
				var wrong []string
				for _, f := range p.files {
					for _, c := range f.calls {
						if slices.Contains([]string{"time.Now", "time.Since", "time.Until", "time.After", "time.Sleep", "time.NewTimer", "time.NewTicker", "time.Tick", "time.AfterFunc"}, c) {
							wrong = append(wrong, f.name+" uses "+c)
						}
					}
				}
				return wrong
			},
		},
		{
			"the engine has no context, but for the machine, which asks for one",
			is("callflow/engine"),
			func(p pkg) []string {
				var wrong []string
				for _, f := range p.files {
					if slices.Contains(f.imports, "context") && f.name != "machine.go" {
						wrong = append(wrong, f.name+" imports context")
					}
				}
				return wrong
			},
		},
		{
			"only machine.go imports the machine",
			under("callflow"),
			func(p pkg) []string {
				var wrong []string
				for _, f := range p.files {
					if slices.Contains(f.imports, machinePath) && (p.path != "callflow/engine" || f.name != "machine.go") {
						wrong = append(wrong, p.path+"/"+f.name+" imports "+machinePath)
					}
				}
				return wrong
			},
		},
		{
			"the runner imports neither flows, providers nor the server",
			under("callflow/engine/runner"), never(anyOf(under("callflow/flows"), under("callflow/providers"), under("callflow/server"), under("callflow/cmd"))),
		},
		{
			"the language imports neither the runner, providers nor the server",
			is("callflow/flows", "callflow/flows/prove", "callflow/flows/graph"),
			never(anyOf(under("callflow/engine/runner"), under("callflow/providers"), under("callflow/server"), under("callflow/cmd"))),
		},
		{
			"scenario tests import neither providers nor the server",
			under("callflow/flows/flowtest"), never(anyOf(under("callflow/providers"), under("callflow/server"), under("callflow/cmd"))),
		},
		{
			"the codec contract imports the engine alone",
			is(contract), only(is("callflow/engine")),
		},
		{
			"no adapter imports another, flows, the server, or whoever lists adapters",
			isAdapter,
			func(p pkg) []string {
				return never(anyOf(isAdapter, is("callflow/providers"), under("callflow/flows"), under("callflow/server"), under("callflow/cmd")))(p)
			},
		},
		{
			"codecs import neither the runner nor a network",
			func(path string) bool {
				return isAdapter(path) && strings.HasPrefix(path, contract+"/")
			},
			never(anyOf(under("callflow/engine/runner"), is("net", "os", "log"))),
		},
		{
			"players share no code with codecs",
			is("callflow/providers/telephony/player"), only(is("callflow/engine")),
		},
		{
			"the server imports no adapter",
			under("callflow/server"), never(anyOf(isAdapter, is("callflow/providers"), under("callflow/cmd"))),
		},
		{
			"only the catalog imports every adapter, and nobody else platforms or stores",
			func(path string) bool { return path != "callflow/providers" },
			never(func(path string) bool {
				return isAdapter(path) && (strings.HasPrefix(path, contract+"/") || strings.HasPrefix(path, "callflow/providers/store/"))
			}),
		},
		{
			"nobody imports the command",
			func(path string) bool { return !strings.HasPrefix(path, "callflow/cmd/") }, never(under("callflow/cmd")),
		},
	}
}

func (a arrow) check(p pkg) []string {
	if !a.of(p.path) {
		return nil
	}
	return a.wrong(p)
}

func TestArrows(t *testing.T) {
	t.Parallel()
	packages := ours(t)
	for _, a := range arrows() {
		met := 0
		for _, p := range packages {
			if a.of(p.path) {
				met++
			}
			for _, w := range a.check(p) {
				t.Errorf("%s: %s", a.name, w)
			}
		}
		if met == 0 {
			t.Errorf("%s: there is no such package", a.name)
		}
	}
}

// Every arrow is able to fail: made-up packages break each of them, and only it is
// meant to say so.
func TestArrowsCanBreak(t *testing.T) {
	t.Parallel()
	imports := func(path string, imports ...string) pkg { return pkg{path: path, imports: imports} }
	broken := map[string][]pkg{
		"what all share imports the standard library alone": {
			imports("callflow/engine/lazy", "callflow/engine"), imports("callflow/engine/lazy", exprPath),
		},
		"the engine imports the standard library, the machine, expr, x/text and what it shares with all": {
			imports("callflow/engine", "go.uber.org/zap"), imports("callflow/engine", "callflow/flows"),
			imports("callflow/engine", "golang.org/x/time/rate"),
		},
		"the engine has no network, files, logger or randomness": {
			imports("callflow/engine", "net/http"), imports("callflow/engine", "os"), imports("callflow/engine", "log"),
			imports("callflow/engine", "math/rand/v2"), imports("callflow/engine", "net"),
		},
		"the engine has no context, but for the machine, which asks for one": {
			{path: "callflow/engine", files: []source{{name: "step.go", imports: []string{"context"}}}},
		},
		"the engine reads no clock": {
			{path: "callflow/engine", files: []source{{name: "step.go", calls: []string{"time.Now"}}}},
			{path: "callflow/engine", files: []source{{name: "step.go", calls: []string{"time.Since"}}}},
		},
		"only machine.go imports the machine": {
			{path: "callflow/engine", files: []source{{name: "step.go", imports: []string{machinePath}}}},
			{path: "callflow/flows", files: []source{{name: "machine.go", imports: []string{machinePath}}}},
		},
		"the runner imports neither flows, providers nor the server": {
			imports("callflow/engine/runner", "callflow/flows"), imports("callflow/engine/runner", "callflow/providers/telephony"),
			imports("callflow/engine/runner", "callflow/server"),
		},
		"the language imports neither the runner, providers nor the server": {
			imports("callflow/flows", "callflow/engine/runner"), imports("callflow/flows/prove", "callflow/server"),
			imports("callflow/flows", "callflow/providers"),
		},
		"scenario tests import neither providers nor the server": {
			imports("callflow/flows/flowtest", "callflow/server"), imports("callflow/flows/flowtest", "callflow/providers/identity/directory"),
		},
		"the codec contract imports the engine alone": {
			imports(contract, "callflow/engine/runner"), imports(contract, "github.com/labstack/echo/v4"),
		},
		"no adapter imports another, flows, the server, or whoever lists adapters": {
			imports(contract+"/jambonz", contract+"/generic"), imports("callflow/providers/store/memory", "callflow/server"),
			imports("callflow/providers/identity/directory", "callflow/flows"), imports("callflow/providers/store/bolt", "callflow/providers"),
			imports("callflow/providers/services", "callflow/providers/store/memory"),
		},
		"codecs import neither the runner nor a network": {
			imports(contract+"/jambonz", "callflow/engine/runner"), imports(contract+"/vonage", "net"),
		},
		"players share no code with codecs": {
			imports(contract+"/player", contract), imports(contract+"/player", contract+"/jambonz"),
		},
		"the server imports no adapter": {
			imports("callflow/server", contract+"/jambonz"), imports("callflow/server", "callflow/providers"),
			imports("callflow/server/console", "callflow/providers/store/memory"),
		},
		"only the catalog imports every adapter, and nobody else platforms or stores": {
			imports("callflow/cmd/callflow", contract+"/jambonz"), imports("callflow/cmd/callflow", "callflow/providers/store/memory"),
		},
		"nobody imports the command": {
			imports("callflow/server", "callflow/cmd/callflow/config"),
		},
	}
	for _, a := range arrows() {
		violations := broken[a.name]
		if len(violations) == 0 {
			t.Errorf("%s: nothing shows that it can break", a.name)
		}
		for _, p := range violations {
			if len(a.check(p)) == 0 {
				t.Errorf("%s: not broken by %+v", a.name, p)
			}
		}
		delete(broken, a.name)
	}
	for name := range broken {
		t.Errorf("there is no arrow %q", name)
	}
}

// What stands in the table of rules is really read from files.
func TestSourcesAreRead(t *testing.T) {
	t.Parallel()
	packages := ours(t)
	var engine pkg
	for _, p := range packages {
		if p.path == "callflow/engine" {
			engine = p
		}
	}
	found := slices.IndexFunc(engine.files, func(f source) bool { return f.name == "machine.go" && slices.Contains(f.imports, machinePath) })
	if found < 0 {
		t.Error("machine.go was not read, or does not import the machine")
	}
	runner := slices.IndexFunc(packages, func(p pkg) bool { return p.path == "callflow/engine/runner" })
	calls := false
	for _, f := range packages[runner].files {
		calls = calls || slices.Contains(f.calls, "time.Now")
	}
	if !calls {
		t.Error("the use of time.Now in the runner was not seen")
	}
}

// ours are the packages of the module, as the go command lists them.
func ours(t *testing.T) []pkg {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", "list", "-e", "-json=ImportPath,Dir,GoFiles,Imports", module+"...")
	out, err := cmd.Output()
	if err != nil {
		var failed *exec.ExitError
		if errors.As(err, &failed) {
			t.Fatalf("go list: %s", failed.Stderr)
		}
		t.Skipf("the go command is not here: %v", err)
	}
	var packages []pkg
	dec := json.NewDecoder(strings.NewReader(string(out)))
	for {
		var listed struct {
			ImportPath, Dir  string
			GoFiles, Imports []string
		}
		if err := dec.Decode(&listed); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		p := pkg{path: listed.ImportPath, imports: listed.Imports}
		for _, name := range listed.GoFiles {
			f, err := read(filepath.Join(listed.Dir, name))
			if err != nil {
				t.Fatal(err)
			}
			p.files = append(p.files, f)
		}
		packages = append(packages, p)
	}
	if len(packages) < 10 {
		t.Fatalf("go list names %d packages", len(packages))
	}
	return packages
}

// read finds what a file imports, and which functions of packages it names.
func read(path string) (source, error) {
	file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
	if err != nil {
		return source{}, fmt.Errorf("%s: %w", path, err)
	}
	f := source{name: filepath.Base(path)}
	names := map[string]string{} // of packages in this file
	for _, i := range file.Imports {
		imported, err := strconv.Unquote(i.Path.Value)
		if err != nil {
			return f, err
		}
		f.imports = append(f.imports, imported)
		name := imported[strings.LastIndex(imported, "/")+1:]
		if i.Name != nil {
			name = i.Name.Name
		}
		names[name] = imported
	}
	calls := map[string]bool{}
	ast.Inspect(file, func(n ast.Node) bool {
		if s, ok := n.(*ast.SelectorExpr); ok {
			if x, ok := s.X.(*ast.Ident); ok && names[x.Name] != "" {
				calls[names[x.Name]+"."+s.Sel.Name] = true
			}
		}
		return true
	})
	f.calls = slices.Sorted(maps.Keys(calls))
	return f, nil
}
