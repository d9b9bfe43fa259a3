package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"callflow/flows"
	"callflow/flows/flowtest"
)

// suiteSuffix ends the names of files of scenarios.
const suiteSuffix = "_test.yaml"

// suiteFiles finds files of scenarios, sorted within each folder that was named. A
// flow that was named stands for the scenarios beside it. With lone, flows may stand there without any.
func suiteFiles(args []string, lone bool) ([]string, error) {
	var files []string
	for _, arg := range args {
		info, err := os.Stat(arg)
		var found []string
		switch {
		case err != nil:
			return nil, noSuchFile(arg, err)
		case info.IsDir():
			found, err = suitesBelow(arg, lone)
		case strings.HasSuffix(arg, suiteSuffix) || !isFlow(arg):
			found = []string{arg}
		default:
			found, err = suitesOf(arg, lone)
		}
		if err != nil {
			return nil, err
		}
		files = append(files, found...)
	}
	return files, nil
}

// suitesBelow are the files of scenarios in a folder and below.
func suitesBelow(dir string, lone bool) ([]string, error) {
	var files, alone []string
	err := walkFiles(dir, func(path string, d fs.DirEntry) {
		switch {
		case strings.HasSuffix(d.Name(), suiteSuffix):
			files = append(files, path)
		case d.Type().IsRegular() && isFlow(path) && !entered(path):
			alone = append(alone, path)
		}
	})
	switch {
	case err != nil:
		return nil, usagef("look for tests in %s: %w", dir, err)
	case len(files) > 0 || lone && len(alone) > 0:
		return files, nil
	case len(alone) == 0:
		return nil, usagef("there is neither a flow nor a test in %s or below: tests are files named *%s; \"callflow new\" begins a flow with a test", dir, suiteSuffix)
	}
	return nil, usagef("there is no *%s in %s or below: nothing is tested. %s", suiteSuffix, dir, toWrite(alone[0]))
}

// suitesOf are the files of scenarios beside a flow that are for it: the one called
// as the flow, and those that name it.
func suitesOf(flow string, lone bool) ([]string, error) {
	dir := filepath.Dir(flow)
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, usagef("look for tests in %s: %w", dir, bare(err))
	}
	var files []string
	for _, e := range entries {
		file := filepath.Join(dir, e.Name())
		if e.IsDir() || !strings.HasSuffix(e.Name(), suiteSuffix) {
			continue
		}
		if file == testsOf(filepath.Clean(flow)) {
			files = append(files, file)
			continue
		}
		src, err := os.ReadFile(file)
		if err != nil {
			return nil, usagef("the tests %s cannot be read: %w", file, bare(err))
		}
		if s, _ := flowtest.ParseSuite(file, src); s != nil && s.Flow != "" && flowOf(file, s) == filepath.Clean(flow) {
			files = append(files, file)
		}
	}
	switch {
	case len(files) > 0:
	case entered(flow):
		return nil, usagef("%s is a sub-flow: other flows enter it, and their tests test it", flow)
	case !lone:
		return nil, usagef("the flow %s has no tests: there is no %s beside it. %s", flow, filepath.Base(testsOf(flow)), toWrite(flow))
	}
	return files, nil
}

// flowOf is the file of the flow that scenarios are for.
func flowOf(file string, s *flowtest.Suite) string {
	name := s.Flow
	if name == "" {
		name = strings.TrimSuffix(filepath.Base(file), suiteSuffix) + ".yaml"
	}
	return filepath.Join(filepath.Dir(file), name)
}

// testsOf is the file of scenarios that is called as a flow.
func testsOf(flow string) string { return strings.TrimSuffix(flow, filepath.Ext(flow)) + suiteSuffix }

// entered tells a sub-flow, which no call begins on.
func entered(file string) bool {
	src, err := os.ReadFile(file)
	if err != nil {
		return false
	}
	doc, _ := flows.Parse(file, src)
	return doc != nil && doc.Subflow()
}

// toWrite says how a flow comes by tests.
func toWrite(flow string) string {
	return fmt.Sprintf("To have them written: callflow test %s --generate --write %s", flow, testsOf(flow))
}

// noSuchFile is the error of a file that was named and cannot be looked at.
func noSuchFile(arg string, err error) error {
	if !errors.Is(err, fs.ErrNotExist) {
		return usagef("%s cannot be read: %w", arg, bare(err))
	}
	if name, tests := strings.CutSuffix(arg, suiteSuffix); tests {
		if info, err := os.Stat(name + ".yaml"); err == nil && !info.IsDir() {
			return usagef("there is no %s. %s", arg, toWrite(name+".yaml"))
		}
	}
	return usagef("there is no %s: expected a flow, a file of tests (*%s), or a folder with some%s", arg, suiteSuffix, near(arg, func(fs.DirEntry) bool { return true }))
}

// noFlow reports a flow that scenarios are for and that is not there.
func noFlow(file string, s *flowtest.Suite) flows.Diagnostic {
	of := flowOf(file, s)
	isYAML := func(e fs.DirEntry) bool {
		return !e.IsDir() && filepath.Join(filepath.Dir(of), e.Name()) != filepath.Clean(file) && isFlow(filepath.Join(filepath.Dir(of), e.Name()))
	}
	if s.Flow == "" {
		d := flows.Report(flows.CodeUnreadableFile, file, flows.Pos{Line: 1}, "these tests name no flow, and there is no flow %s beside them", filepath.Base(of))
		d.Hint = "begin the file with the flow that is tested: \"flow: FILE\""
		return d
	}
	d := flows.Report(flows.CodeUnreadableFile, file, s.FlowPos, "there is no flow %s; expected the file of a flow, from the folder of these tests", of)
	d.Hint = strings.TrimPrefix(near(of, isYAML), "; ")
	return d
}

// near asks, behind a semicolon, whether a file was meant that stands where the
// missing one does not.
func near(missing string, pass func(fs.DirEntry) bool) string {
	entries, err := os.ReadDir(filepath.Dir(missing))
	if err != nil {
		return ""
	}
	var names []string
	for _, e := range slices.DeleteFunc(entries, func(e fs.DirEntry) bool { return !pass(e) }) {
		names = append(names, e.Name())
	}
	if hint := flows.Suggest(filepath.Base(missing), names); hint != "" {
		return "; " + hint
	}
	return ""
}
