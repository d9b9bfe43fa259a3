package main

import (
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"

	"callflow/cmd/callflow/config"
)

// logger writes to standard error: lines for people where they watch, JSON for
// programs else. The configuration may say otherwise.
func (c *Command) logger(cfg *config.Config) *zap.Logger {
	level, err := zapcore.ParseLevel(cfg.LogLevel)
	if err != nil {
		level = zapcore.InfoLevel // which the configuration has reported
	}
	e := zap.NewProductionEncoderConfig()
	e.EncodeTime = zapcore.TimeEncoderOfLayout(time.RFC3339Nano)
	e.EncodeDuration = zapcore.StringDurationEncoder
	e.TimeKey = "time"
	encoder := zapcore.NewJSONEncoder(e)
	if cfg.LogFormat == "text" || cfg.LogFormat == "auto" && isTerminal(c.Stderr) {
		e.EncodeTime = zapcore.TimeEncoderOfLayout(time.TimeOnly)
		encoder = zapcore.NewConsoleEncoder(e)
	}
	core := zapcore.NewCore(encoder, zapcore.Lock(zapcore.AddSync(c.Stderr)), level)
	return zap.New(core, zap.ErrorOutput(zapcore.Lock(zapcore.AddSync(c.Stderr))))
}
