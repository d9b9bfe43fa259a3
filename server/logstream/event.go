package logstream

import (
	"encoding/json"
	"maps"
	"slices"
	"time"
)

// Event is a log event as far as it matters here.
type Event struct {
	ID   string
	Type string // "s", "seacft", "gd_enrollment_complete", …
	// Date is when it happened; zero where it does not say so in a way that can be
	// read.
	Date                 time.Time
	Connection, Strategy string
	UserID, UserName     string
	// Numbers are the phone_number of its details, in the order of their names.
	Numbers []string
}

// object is JSON of which nothing is taken for granted: events from years ago lack
// what is required today, and have texts where there are objects now.
type object map[string]json.RawMessage

func objectOf(raw json.RawMessage) object {
	var o object
	_ = json.Unmarshal(raw, &o) // what is none is empty
	return o
}

// text is a field that is a text, or "".
func (o object) text(name string) string {
	var s string
	_ = json.Unmarshal(o[name], &s)
	return s
}

// eventOf reads an event: {"log_id":…,"data":{…}}, or the data alone. ok is false
// for one without a type or an id.
func eventOf(o object) (e Event, ok bool) {
	data := o
	if inner := objectOf(o["data"]); inner != nil {
		data = inner
	}
	e = Event{
		Type: data.text("type"), Connection: data.text("connection"), Strategy: data.text("strategy"),
		UserID: data.text("user_id"), UserName: data.text("user_name"),
	}
	for _, id := range []string{o.text("log_id"), data.text("log_id"), data.text("_id"), o.text("_id")} {
		if id != "" {
			e.ID = id
			break
		}
	}
	e.Date, _ = time.Parse(time.RFC3339, data.text("date"))
	details := objectOf(data["details"])
	e.detail(details)
	for _, name := range slices.Sorted(maps.Keys(details)) {
		e.detail(objectOf(details[name]))
	}
	return e, e.Type != "" && e.ID != "" && len(e.ID) <= maxID && len(e.Type) <= maxID
}

// maxID bounds what an event is called, in bytes.
const maxID = 256

// detail takes what one object of the details says.
func (e *Event) detail(o object) {
	if n := o.text("phone_number"); n != "" && !slices.Contains(e.Numbers, n) {
		e.Numbers = append(e.Numbers, n)
	}
	if e.UserID == "" {
		e.UserID = o.text("user_id")
	}
}
