package flows

import (
	"encoding/json"
	"io"
)

// JSON writes diagnostics for programs: a list, empty when nothing is wrong, of
//
//	{
//	  "file": "bank.yaml",
//	  "line": 10,
//	  "column": 11,
//	  "severity": "error",
//	  "code": "dangling-next",
//	  "message": "state \"verfy\" is not defined",
//	  "hint": "did you mean \"verify\"?",
//	  "related": [{"file": "bank.yaml", "line": 4, "column": 3, "message": "…"}],
//	  "keys": "12345#, 1234"
//	}
//
// Every field is always there. Line and column count from 1, columns in
// characters; 0 means that the mistake is about the whole line or file.
func (ds Diagnostics) JSON(w io.Writer) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(ds.machineForm())
}

// MarshalJSON is the list that JSON describes.
func (ds Diagnostics) MarshalJSON() ([]byte, error) {
	return json.Marshal(ds.machineForm())
}

// MarshalJSON is one object of the list that Diagnostics.JSON describes.
func (d Diagnostic) MarshalJSON() ([]byte, error) { return json.Marshal(d.machineForm()) }

type diagnosticJSON struct {
	File     string        `json:"file"`
	Line     int           `json:"line"`
	Column   int           `json:"column"`
	Severity Severity      `json:"severity"`
	Code     Code          `json:"code"`
	Message  string        `json:"message"`
	Hint     string        `json:"hint"`
	Related  []relatedJSON `json:"related"`
	Keys     string        `json:"keys"`
}

type relatedJSON struct {
	File    string `json:"file"`
	Line    int    `json:"line"`
	Column  int    `json:"column"`
	Message string `json:"message"`
}

func (ds Diagnostics) machineForm() []diagnosticJSON {
	list := make([]diagnosticJSON, len(ds))
	for i, d := range ds {
		list[i] = d.machineForm()
	}
	return list
}

func (d Diagnostic) machineForm() diagnosticJSON {
	related := make([]relatedJSON, len(d.Related))
	for i, r := range d.Related {
		related[i] = relatedJSON{r.File, r.Pos.Line, r.Pos.Col, r.Message}
		if r.File == "" {
			related[i].File = d.File
		}
	}
	return diagnosticJSON{
		File:     d.File,
		Line:     d.Pos.Line,
		Column:   d.Pos.Col,
		Severity: d.Severity,
		Code:     d.Code,
		Message:  d.Message,
		Hint:     d.Hint,
		Related:  related,
		Keys:     d.Keys,
	}
}
