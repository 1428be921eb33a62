package telemetry

import (
	"bytes"
	"database/sql"
	"fmt"
	"runtime"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/common/expfmt"
)

// ContentType is the media type of Exposition.
const ContentType = "text/plain; version=0.0.4; charset=utf-8"

// Metrics is everything this process counts. Each value has its own registry,
// so tests and several servers in one process do not meet.
type Metrics struct {
	registry *prometheus.Registry

	requests  *prometheus.CounterVec
	seconds   *prometheus.HistogramVec
	inFlight  prometheus.Gauge
	ops       *prometheus.CounterVec
	push      prometheus.Histogram
	pull      prometheus.Histogram
	changes   prometheus.Counter
	signIns   *prometheus.CounterVec
	decisions *prometheus.CounterVec
	panics    prometheus.Counter
	storage   storage
}

// NewMetrics makes the metrics of one server of the given program version.
func NewMetrics(version string) *Metrics {
	m := &Metrics{
		registry: prometheus.NewRegistry(),
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "or3_http_requests_total",
			Help: "Requests answered, by method, route pattern and status."}, []string{"method", "route", "status"}),
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "or3_http_request_seconds",
			Help:    "Time from the request's last header to the handler's end, by route pattern.",
			Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 10}}, []string{"route"}),
		inFlight: prometheus.NewGauge(prometheus.GaugeOpts{Name: "or3_http_requests_in_flight", Help: "Requests being answered."}),
		ops: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "or3_sync_ops_total",
			Help: "Pushed operations, by result."}, []string{"status"}),
		push: prometheus.NewHistogram(prometheus.HistogramOpts{Name: "or3_sync_push_seconds",
			Help: "Time of a push, durable commit included.", Buckets: prometheus.ExponentialBuckets(.0005, 2, 14)}),
		pull: prometheus.NewHistogram(prometheus.HistogramOpts{Name: "or3_sync_pull_seconds",
			Help: "Time of a pull.", Buckets: prometheus.ExponentialBuckets(.0005, 2, 14)}),
		changes: prometheus.NewCounter(prometheus.CounterOpts{Name: "or3_sync_pulled_changes_total", Help: "Changes handed out by pull."}),
		signIns: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "or3_auth_sign_ins_total",
			Help: "Attempts to sign in, by result."}, []string{"result"}),
		decisions: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "or3_auth_refusals_total",
			Help: "Requests that can() refused, by reason."}, []string{"reason"}),
		panics:  prometheus.NewCounter(prometheus.CounterOpts{Name: "or3_http_panics_total", Help: "Handlers that panicked."}),
		storage: newStorage(),
	}
	build := prometheus.NewGauge(prometheus.GaugeOpts{Name: "or3_build_info", Help: "Always 1; the labels say what runs.",
		ConstLabels: prometheus.Labels{"version": version, "go_version": runtime.Version()}})
	build.Set(1)
	m.registry.MustRegister(m.requests, m.seconds, m.inFlight, m.ops, m.push, m.pull, m.changes, m.signIns, m.decisions, m.panics, build,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	m.registry.MustRegister(m.storage.all()...)
	return m
}

// RequestStarted counts a request as being answered until the returned
// function ran, which records its outcome. route is the pattern, never the
// path: paths hold ids and would make a series each.
func (m *Metrics) RequestStarted() (finished func(method, route string, status int, took time.Duration)) {
	m.inFlight.Inc()
	return func(method, route string, status int, took time.Duration) {
		m.inFlight.Dec()
		m.requests.WithLabelValues(knownMethod(method), route, strconv.Itoa(status)).Inc()
		m.seconds.WithLabelValues(route).Observe(took.Seconds())
	}
}

// knownMethod keeps strangers from making label values.
func knownMethod(method string) string {
	switch method {
	case "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS":
		return method
	}
	return "other"
}

// Pushed records one push and the result status of each of its operations.
func (m *Metrics) Pushed(took time.Duration, statuses []string) {
	m.push.Observe(took.Seconds())
	for _, status := range statuses {
		m.ops.WithLabelValues(status).Inc()
	}
}

// Pulled records one pull and how many changes it handed out.
func (m *Metrics) Pulled(took time.Duration, changes int) {
	m.pull.Observe(took.Seconds())
	m.changes.Add(float64(changes))
}

// SignedIn records one attempt to sign in: "ok", "refused" or "throttled".
func (m *Metrics) SignedIn(result string) { m.signIns.WithLabelValues(result).Inc() }

// Refused records a request that can() refused, by the decision's reason.
func (m *Metrics) Refused(reason string) { m.decisions.WithLabelValues(reason).Inc() }

// Panicked records a handler that panicked.
func (m *Metrics) Panicked() { m.panics.Inc() }

// Gauge exposes a value that is kept elsewhere; read is called at each scrape
// and must be quick and safe for concurrent use. The name must be new.
func (m *Metrics) Gauge(name, help string, read func() float64) {
	m.registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: name, Help: help}, read))
}

// Counter is Gauge for a value that only grows.
func (m *Metrics) Counter(name, help string, read func() float64) {
	m.registry.MustRegister(prometheus.NewCounterFunc(prometheus.CounterOpts{Name: name, Help: help}, read))
}

// WatchPool exposes the connections of a database pool, such as "writer".
func (m *Metrics) WatchPool(pool string, stats func() sql.DBStats) {
	labels := prometheus.Labels{"pool": pool}
	gauge := func(name, help string, read func(sql.DBStats) float64) {
		m.registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: name, Help: help, ConstLabels: labels},
			func() float64 { return read(stats()) }))
	}
	counter := func(name, help string, read func(sql.DBStats) float64) {
		m.registry.MustRegister(prometheus.NewCounterFunc(prometheus.CounterOpts{Name: name, Help: help, ConstLabels: labels},
			func() float64 { return read(stats()) }))
	}
	gauge("or3_db_connections_in_use", "Database connections at work.", func(s sql.DBStats) float64 { return float64(s.InUse) })
	gauge("or3_db_connections_idle", "Open database connections that wait for work.", func(s sql.DBStats) float64 { return float64(s.Idle) })
	counter("or3_db_waits_total", "Times somebody waited for a connection.", func(s sql.DBStats) float64 { return float64(s.WaitCount) })
	counter("or3_db_wait_seconds_total", "Time spent waiting for a connection.", func(s sql.DBStats) float64 { return s.WaitDuration.Seconds() })
}

// Exposition is the present state in Prometheus' text format (ContentType).
func (m *Metrics) Exposition() ([]byte, error) {
	families, err := m.registry.Gather()
	if err != nil {
		return nil, fmt.Errorf("gathering metrics: %w", err)
	}
	var b bytes.Buffer
	for _, family := range families {
		if _, err := expfmt.MetricFamilyToText(&b, family); err != nil {
			return nil, fmt.Errorf("writing metrics: %w", err)
		}
	}
	return b.Bytes(), nil
}
