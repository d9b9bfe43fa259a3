package main

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"os"
	"strings"

	"callflow/flows/flowtest"
)

// junitReport is the form of JUnit's reports that CI systems read.
type junitReport struct {
	XMLName  xml.Name     `xml:"testsuites"`
	Tests    int          `xml:"tests,attr"`
	Failures int          `xml:"failures,attr"`
	Suites   []junitSuite `xml:"testsuite"`
}

type junitSuite struct {
	Name     string      `xml:"name,attr"`
	Tests    int         `xml:"tests,attr"`
	Failures int         `xml:"failures,attr"`
	Cases    []junitCase `xml:"testcase"`
}

type junitCase struct {
	Name    string        `xml:"name,attr"`
	Class   string        `xml:"classname,attr"`
	File    string        `xml:"file,attr"`
	Line    int           `xml:"line,attr"`
	Failure *junitFailure `xml:"failure,omitempty"`
}

type junitFailure struct {
	Message string `xml:"message,attr"`
	Text    string `xml:",chardata"`
}

// writeJUnit writes what became of all scenarios. A file that cannot be written
// is a mistake in the command line.
func writeJUnit(file string, suites []*suite) error {
	var report junitReport
	for _, s := range suites {
		suite := junitSuite{Name: s.File, Tests: len(s.results)}
		for _, r := range s.results {
			c := junitCase{Name: r.Scenario.Name, Class: s.flow.program.Flow(), File: s.File, Line: r.Scenario.Pos.Line}
			if r.Failure != nil {
				suite.Failures++
				c.Failure = &junitFailure{r.Failure.Message, failureText(s.File, r)}
			}
			suite.Cases = append(suite.Cases, c)
		}
		report.Tests += suite.Tests
		report.Failures += suite.Failures
		report.Suites = append(report.Suites, suite)
	}
	out, err := xml.MarshalIndent(report, "", "  ")
	if err != nil {
		return fmt.Errorf("the JUnit report: %w", err)
	}
	if err := os.WriteFile(file, append([]byte(xml.Header), append(out, '\n')...), 0o644); err != nil { //nolint:gosec // a report, for others to read
		return usagef("--junit: %s cannot be written: %w", file, bare(err))
	}
	return nil
}

// failureText is a failure as it is printed, with the call up to there.
func failureText(file string, r flowtest.Result) string {
	var b bytes.Buffer
	p := &page{w: &b, width: 80}
	p.failure(file, r)
	return strings.TrimSpace(b.String())
}
