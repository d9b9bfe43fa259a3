package config

import (
	"callflow/flows"
	"callflow/server/capture"
)

// checkRecord finds calls that cannot be chosen. Flows are known only later: one that
// is not there is never called.
func checkRecord(c *Config, _ Catalog, report func(flows.Diagnostic)) {
	v := c.get("record_calls")
	if _, err := capture.ParseChoice(v.Texts()); err != nil {
		report(v.report(flows.CodeBadValue, "record_calls: %s", err))
	}
	if v.IsSet() && !c.get("record").IsSet() && !c.Unread("record") {
		d := v.report(flows.CodeBadValue, "record_calls chooses calls, and nothing is recorded")
		d.Severity = flows.Warning
		d.Hint = "set record to the folder for them"
		report(d)
	}
}
