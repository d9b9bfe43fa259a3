package fake

import (
	"bufio"
	"fmt"
	"net/http"
	"strings"
)

// control lets people change a tenant that runs:
//
//	GET    /fake/faults    the faults, a line each
//	POST   /fake/faults    adds faults, a line each
//	DELETE /fake/faults    takes all away
//	GET    /fake/codes     the newest code of each number, a line each
//	POST   /fake/rotate    signs with a new key
//	POST   /fake/unblock   forgets wrong PINs
//	POST   /fake/revoke    makes every management token bad
func (t *Tenant) control(w http.ResponseWriter, r *http.Request) {
	// A page that somebody visits must not be able to post here.
	if r.Header.Get("Origin") != "" || r.Header.Get("Sec-Fetch-Site") != "" {
		http.Error(w, "not from a browser", http.StatusForbidden)
		return
	}
	switch r.Method + " " + strings.TrimPrefix(r.URL.Path, "/fake/") {
	case "GET faults":
	case "DELETE faults":
		t.Mend()
	case "POST faults":
		var faults []Fault
		lines := bufio.NewScanner(http.MaxBytesReader(w, r.Body, maxForm))
		for lines.Scan() {
			line := strings.TrimSpace(lines.Text())
			if line == "" {
				continue
			}
			f, err := ParseFault(line)
			if err != nil {
				http.Error(w, err.Error(), http.StatusBadRequest)
				return
			}
			faults = append(faults, f)
		}
		if lines.Err() != nil {
			http.Error(w, "too much", http.StatusRequestEntityTooLarge)
			return
		}
		t.Script(faults...)
	case "GET codes":
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		for _, line := range t.newest() {
			fmt.Fprintln(w, line)
		}
		return
	case "POST rotate":
		if err := t.Rotate(); err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
	case "POST unblock":
		t.Unblock()
	case "POST revoke":
		t.Revoke()
	default:
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	for _, f := range t.Faults() {
		fmt.Fprintln(w, f)
	}
}
