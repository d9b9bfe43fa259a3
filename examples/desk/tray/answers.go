package tray

// Outage is what is known of the power in a postcode.
type Outage struct {
	Status string `json:"status"` // out, repaired or fine
	Homes  int    `json:"homes"`
	Back   string `json:"back"` // the time of day when it is expected back, or nothing
}

// Appointment is when somebody is expected.
type Appointment struct {
	ID   string `json:"id"`
	Name string `json:"name"`
	Day  string `json:"day"`
	Time string `json:"time"`
}

// Animal is what the register knows of an animal.
type Animal struct {
	Owner string `json:"owner"` // the account of whoever owns it
}

func outages() map[string]Outage {
	return map[string]Outage{
		"3550": {Status: "out", Homes: 420, Back: "17:30"},
		"3551": {Status: "out", Homes: 35},
		"3555": {Status: "repaired"},
		"3556": {Status: "fine"},
	}
}

func appointments() map[string]Appointment {
	return map[string]Appointment{
		"+15550142": {ID: "a-17", Name: "Maria Lopez", Day: "2026-12-03", Time: "09:30"},
	}
}

func animals() map[string]Animal {
	return map[string]Animal{"00042": {Owner: "12345"}}
}
