package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"regexp"
	"runtime"
	"slices"
	"sync"

	"github.com/spf13/cobra"

	"callflow/engine/runner"
	"callflow/flows"
	"callflow/flows/flowtest"
)

// testFlags is what the flags of test say.
type testFlags struct {
	format  *format
	run     string
	junit   string
	min     int
	create  bool
	write   string
	verbose bool
	watch   bool
}

func newTest(c *Command) *cobra.Command {
	var t testFlags
	cmd := &cobra.Command{
		Use:   "test [FILE or FOLDER...]",
		Short: "Run the scenarios that stand beside flows",
		Long: `Runs files of scenarios: those named, those beside the flows named, and every
*_test.yaml in the folders named and below; by default in this one. Each scenario is a call on a virtual clock. Who
can sign in stands in users.yaml beside the flow, and what services answer in
standins.yaml, as far as a scenario does not give its own.

Coverage is how many of the transitions that a flow's author thinks of were taken by
its tests: every option, every outcome of every state, every global key. -v lists the
others, each with its line.

--generate writes scenarios for what the tests that are
there do not cover, each option, silence, each kind of mistake, each answer of each
service and sign-in, a hang-up at each wait. They say what the flow does now; read
them before you keep them. What no call reaches is told with the reason.

Exit status: 0 all passed; 1 a test failed, or --cover-min was not reached; 2 something could not be run: the
command line is wrong, a file cannot be read, or a flow has errors.`,
		Example: `  callflow test examples
  callflow test examples/herd --run Spanish -v
  callflow test examples/herd --generate --write examples/herd/generated_test.yaml`,
		RunE: func(cmd *cobra.Command, args []string) error {
			test := func() error { return c.test(cmd.Context(), args, t) }
			if t.watch {
				return c.watch(cmd.Context(), args, test)
			}
			return test()
		},
	}
	t.format = formatFlag(cmd)
	f := cmd.Flags()
	f.StringVar(&t.run, "run", "", "run only tests whose name matches the `REGEXP`")
	f.BoolVar(&t.create, "generate", false, "write scenarios for what no test covers")
	f.StringVar(&t.write, "write", "", "with --generate: write them to the `FILE`, behind the tests it has")
	f.StringVar(&t.junit, "junit", "", "write what happened to the `FILE` as JUnit does, for CI")
	f.IntVar(&t.min, "cover-min", 0, "fail when the tests of a flow take less than this `PERCENT` of its transitions")
	f.BoolVarP(&t.verbose, "verbose", "v", false, "list every test, and what no test reaches")
	f.BoolVar(&t.watch, "watch", false, "test again whenever a file changes, until interrupted")
	exclusive(cmd, "generate", "watch", "junit", "cover-min", "format")
	return cmd
}

func (c *Command) test(ctx context.Context, args []string, t testFlags) error {
	if err := t.format.check(); err != nil {
		return err
	}
	wanted, err := regexp.Compile(t.run)
	if err != nil {
		return usagef("--run: %w", err)
	}
	if t.min < 0 || t.min > 100 {
		return usagef("--cover-min: found %d, expected a percentage from 0 to 100", t.min)
	}
	if len(args) == 0 {
		args = []string{"."}
	}
	if t.write != "" && !t.create {
		return usagef("--write: found it without --generate; expected both")
	}
	files, err := suiteFiles(args, t.create)
	if err != nil {
		return err
	}
	var suites []*suite
	broken, tests := false, 0
	for _, file := range files {
		s, err := c.openSuite(file, wanted)
		switch {
		case errors.Is(err, errShown):
			broken = true
		case err != nil:
			return err
		default:
			suites = append(suites, s)
			tests += len(s.chosen)
		}
	}
	if tests == 0 && !broken && !t.create {
		return usagef("--run: no test has a name that matches %q", t.run)
	}
	if err := runSuites(ctx, suites); err != nil {
		return err
	}
	if t.create {
		if broken {
			return usageError{errShown}
		}
		return c.generate(ctx, args, suites, t)
	}
	if broken && len(suites) == 0 && *t.format != "json" {
		return usageError{errShown}
	}
	covers := coverOf(suites)
	if t.junit != "" {
		if err := writeJUnit(t.junit, suites); err != nil {
			return err
		}
	}
	if *t.format == "json" {
		err = writeJSON(c.Stdout, reportOf(suites, covers))
	} else {
		err = c.printSuites(suites, covers, t)
	}
	switch {
	case err != nil:
		return err
	case broken:
		return usageError{errShown}
	case slices.ContainsFunc(suites, (*suite).failed):
		return errShown
	case slices.ContainsFunc(covers, func(f *flowCover) bool { return f.Percent() < t.min }):
		return errShown
	}
	return nil
}

// suite is a file of scenarios that is ready to run.
type suite struct {
	*flowtest.Suite
	flow    *openedFlow
	beside  *flowtest.Given
	users   runner.Authenticator
	chosen  []*flowtest.Scenario
	results []flowtest.Result // of chosen
}

func (s *suite) failed() bool {
	return slices.ContainsFunc(s.results, func(r flowtest.Result) bool { return r.Failure != nil })
}

// openSuite reads a file of scenarios and the flow they are for. The error is
// errShown when it is about what stands in the files.
func (c *Command) openSuite(file string, wanted *regexp.Regexp) (*suite, error) {
	src, err := os.ReadFile(file)
	if err != nil {
		return nil, usagef("the tests %s cannot be read: %w", file, bare(err))
	}
	parsed, diags := flowtest.ParseSuite(file, src)
	if parsed == nil {
		return nil, c.shown(diags, file, src)
	}
	of := flowOf(file, parsed)
	if info, err := os.Stat(of); errors.Is(err, fs.ErrNotExist) || err == nil && info.IsDir() {
		return nil, c.shown(flows.Diagnostics{noFlow(file, parsed)}, file, src)
	}
	flow, err := c.openCallable(of)
	if err != nil {
		return nil, err
	}
	if diags := parsed.Check(flow.program); diags.HasErrors() {
		return nil, c.shown(diags, file, src)
	}
	s := &suite{Suite: parsed, flow: flow}
	if s.beside, err = c.openStandins(flow.beside(standinsFile, ""), false); err != nil {
		return nil, err
	}
	if s.users, err = openUsers(flow.beside(usersFile, ""), false); err != nil {
		return nil, err
	}
	for _, test := range parsed.Tests {
		if wanted.MatchString(test.Name) {
			s.chosen = append(s.chosen, test)
		}
	}
	s.results = make([]flowtest.Result, len(s.chosen))
	return s, nil
}

// shown shows diagnostics of a file and returns errShown.
func (c *Command) shown(diags flows.Diagnostics, file string, src []byte) error {
	if err := c.showDiagnostics(diags, map[string][]byte{file: src}); err != nil {
		return err
	}
	return errShown
}

// runSuites runs all scenarios, a few at a time.
func runSuites(ctx context.Context, suites []*suite) error {
	var wg sync.WaitGroup
	var mu sync.Mutex
	var faults []error
	slots := make(chan struct{}, runtime.GOMAXPROCS(0))
	for _, s := range suites {
		for i, test := range s.chosen {
			slots <- struct{}{}
			wg.Go(func() {
				defer func() { <-slots }()
				result, err := test.Run(ctx, s.flow.program, test.World(s.beside, s.users))
				if err != nil {
					mu.Lock()
					defer mu.Unlock()
					faults = append(faults, fmt.Errorf("%s:%d: %s: %w", s.File, test.Pos.Line, test.Name, err))
				}
				s.results[i] = result
			})
		}
	}
	wg.Wait()
	return errors.Join(faults...)
}

// printSuites prints results for people.
func (c *Command) printSuites(suites []*suite, covers []*flowCover, t testFlags) error {
	p := &page{w: c.Stdout, color: c.colorful(c.Stdout), width: widthOf(c.Stdout)}
	passed, failed := 0, 0
	for _, s := range suites {
		p.suite(s, t.verbose)
		for _, r := range s.results {
			if r.Failure != nil {
				failed++
			} else {
				passed++
			}
		}
	}
	for _, f := range covers {
		p.cover(f, t)
	}
	p.print("%d passed, %d failed\n", passed, failed)
	return p.err
}

func (p *page) suite(s *suite, verbose bool) {
	if len(s.results) == 0 {
		return
	}
	word := p.paint(good, "ok  ")
	if s.failed() {
		word = p.paint(alarm, "FAIL")
	}
	p.print("%s %s (%s)\n", word, s.File, plural(len(s.results), "test"))
	for _, r := range s.results {
		switch {
		case r.Failure != nil:
			p.failure(s.File, r)
		case verbose:
			p.print("     %s %s\n", p.paint(faint, fmt.Sprintf("%5s", clock(r.Transcript.End.After))), r.Scenario.Name)
		}
	}
}

// failure shows what was expected, what happened, and the call up to there.
func (p *page) failure(file string, r flowtest.Result) {
	f := r.Failure
	p.print("\n  %s\n", p.paint(strong, r.Scenario.Name))
	p.print("  %s:%d: %s\n", file, f.Pos.Line, p.paint(alarm, f.Message))
	for _, line := range f.Detail {
		p.print("    %s\n", harmless(line))
	}
	p.print("\n  %s\n", p.paint(faint, "the call up to there:"))
	p.entries(r.Transcript.Entries)
	p.print("\n")
}

// testReport is what --format json prints:
//
//	{"passed": 1, "failed": 1, "tests": [{"file": "flow_test.yaml", "line": 3, "flow": "authzero",
//	  "name": "…", "passed": false, "failure": {"line": 9, "column": 9, "message": "…", "detail": ["…"]},
//	  "call": {…}}],
//	 "coverage": [{"file": "flow.yaml", "flow": "authzero", "percent": 92,
//	  "states": {"reached": 11, "all": 12}, "transitions": {"taken": 23, "all": 25},
//	  "missed_states": [{"line": 40, "column": 3, "state": "trouble"}],
//	  "missed_transitions": [{"line": 31, "column": 15, "state": "sign_in", "outcome": "locked", "to": "refused"}]}]}
//
// The call, as simulate --json prints it, is there when the test failed.
type testReport struct {
	Passed   int           `json:"passed"`
	Failed   int           `json:"failed"`
	Tests    []testResult  `json:"tests"`
	Coverage []coverReport `json:"coverage"`
}

type testResult struct {
	File    string               `json:"file"`
	Line    int                  `json:"line"`
	Flow    string               `json:"flow"`
	Name    string               `json:"name"`
	Passed  bool                 `json:"passed"`
	Failure *testFailure         `json:"failure,omitempty"`
	Call    *flowtest.Transcript `json:"call,omitempty"`
}

type testFailure struct {
	Line    int      `json:"line"`
	Column  int      `json:"column"`
	Message string   `json:"message"`
	Detail  []string `json:"detail"`
}

func reportOf(suites []*suite, covers []*flowCover) testReport {
	report := testReport{Tests: []testResult{}, Coverage: []coverReport{}}
	for _, f := range covers {
		report.Coverage = append(report.Coverage, f.report())
	}
	for _, s := range suites {
		for _, r := range s.results {
			t := testResult{
				File: s.File, Line: r.Scenario.Pos.Line, Flow: s.flow.program.Flow(),
				Name: r.Scenario.Name, Passed: r.Failure == nil,
			}
			if f := r.Failure; f != nil {
				report.Failed++
				t.Failure = &testFailure{f.Pos.Line, f.Pos.Col, f.Message, append([]string{}, f.Detail...)}
				t.Call = r.Transcript
			} else {
				report.Passed++
			}
			report.Tests = append(report.Tests, t)
		}
	}
	return report
}
