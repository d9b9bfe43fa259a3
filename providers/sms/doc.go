// Package sms sends short messages, one-time codes above all, through whoever
// delivers them. It is the contract of the senders in the folders below, and what
// they have in common.
//
// A sender makes one message of one Send: it never tries again once bytes may have
// arrived, because two codes confuse and cost. What it answers is a Receipt, or a
// *Failure of one of four kinds, which say what may be done:
//
//	ErrRefused             a decision about this number or message: final, for every sender
//	ErrOutage              no answer, or "later": another sender may be asked
//	runner.ErrCredentials  the vendor does not accept our credentials: alarm, ask another
//	runner.ErrSetup        the vendor's account is not set up for this: alarm, ask another
//
// No failure holds the text, the code, or more of the number than its country and
// last two digits. Package smstest holds every sender to all of this.
package sms
