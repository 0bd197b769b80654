// The worker as somebody would write it in Go today: amqp091-go, net/http and encoding/json, a goroutine for each
// request in work, a channel to consume on and one to publish on with confirms. It looks nothing up, has no policy,
// and whatever is not the happy path ends it.
//
//	worker URL REQUESTS BASE PREFETCH    serves until SIGTERM; tokens and runs are at BASE
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log"
	"net/http"
	"net/url"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	amqp "github.com/rabbitmq/amqp091-go"
)

type request struct {
	Target struct {
		SubscriptionID string `json:"subscriptionId"`
		ResourceGroup  string `json:"resourceGroup"`
		Factory        string `json:"factory"`
		Pipeline       string `json:"pipeline"`
	} `json:"target"`
	Parameters json.RawMessage `json:"parameters"`
}

type run struct {
	RunID string `json:"runId"`
}

type worker struct {
	base    string
	http    *http.Client
	tokens  tokenCache
	replies *publisher
}

func main() {
	if len(os.Args) != 5 {
		log.Fatal("usage: worker URL REQUESTS BASE PREFETCH")
	}
	prefetch, err := strconv.Atoi(os.Args[4])
	check(err)
	connection, err := amqp.Dial(os.Args[1])
	check(err)
	go func() {
		if err := <-connection.NotifyClose(make(chan *amqp.Error, 1)); err != nil {
			log.Fatal(err)
		}
	}()
	consuming, err := connection.Channel()
	check(err)
	publishing, err := connection.Channel()
	check(err)
	check(publishing.Confirm(false))
	check(consuming.Qos(prefetch, 0, false))

	w := worker{
		base: os.Args[3],
		http: &http.Client{
			Timeout: time.Minute,
			// The default keeps two connections, and opens and closes the others all the time.
			Transport: &http.Transport{
				MaxIdleConns: prefetch, MaxIdleConnsPerHost: prefetch, MaxConnsPerHost: prefetch,
			},
		},
		replies: newPublisher(publishing, prefetch),
	}
	deliveries, err := consuming.Consume(os.Args[2], "benchmark", false, false, false, false, nil)
	check(err)
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, syscall.SIGTERM)
	go func() {
		<-stop
		check(consuming.Cancel("benchmark", false))
	}()

	var group sync.WaitGroup
	for i := 0; i < prefetch; i++ {
		group.Add(1)
		go func() {
			defer group.Done()
			confirmed := make(chan bool, 1)
			for delivery := range deliveries {
				w.serve(delivery, confirmed)
			}
		}()
	}
	group.Wait()
	// A quorum queue forgets acknowledgements that come right before their channel closes (rabbitmq-server 10327), and
	// what is left in the queue makes the run an error. adf-trigger waits as long.
	time.Sleep(250 * time.Millisecond)
	check(connection.Close())
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

func (w *worker) serve(delivery amqp.Delivery, confirmed chan bool) {
	var request request
	check(json.Unmarshal(delivery.Body, &request))
	body, err := json.Marshal(w.start(request, delivery.MessageId))
	check(err)
	w.replies.publish(delivery.ReplyTo, amqp.Publishing{
		ContentType:   "application/json",
		DeliveryMode:  amqp.Persistent,
		CorrelationId: delivery.CorrelationId,
		Body:          body,
	}, confirmed)
	if !<-confirmed {
		log.Fatal("the broker refused a reply")
	}
	check(delivery.Ack(false))
}

func (w *worker) start(request request, id string) run {
	token, err := w.tokens.get(w)
	check(err)
	path := fmt.Sprintf(
		"/subscriptions/%s/resourceGroups/%s/providers/Microsoft.DataFactory/factories/%s/pipelines/%s/createRun",
		url.PathEscape(request.Target.SubscriptionID), url.PathEscape(request.Target.ResourceGroup),
		url.PathEscape(request.Target.Factory), url.PathEscape(request.Target.Pipeline),
	)
	call, err := http.NewRequest("POST", w.base+path+"?api-version=2018-06-01", bytes.NewReader(request.Parameters))
	check(err)
	call.Header.Set("Authorization", "Bearer "+token)
	call.Header.Set("Content-Type", "application/json")
	call.Header.Set("x-ms-client-request-id", id)
	var run run
	check(w.exchange(call, &run))
	return run
}

func (w *worker) exchange(call *http.Request, answer any) error {
	response, err := w.http.Do(call)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("%s answered %s", call.URL, response.Status)
	}
	return json.NewDecoder(response.Body).Decode(answer)
}

type tokenCache struct {
	mutex  sync.Mutex
	token  string
	expiry time.Time
}

func (c *tokenCache) get(w *worker) (string, error) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	if time.Until(c.expiry) > 5*time.Minute {
		return c.token, nil
	}
	form := url.Values{
		"grant_type": {"client_credentials"}, "client_id": {"benchmark"}, "client_secret": {"benchmark"},
		"scope": {"https://management.azure.com/.default"},
	}
	call, err := http.NewRequest("POST", w.base+"/benchmark/oauth2/v2.0/token", strings.NewReader(form.Encode()))
	if err != nil {
		return "", err
	}
	call.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	var answer struct {
		AccessToken string `json:"access_token"`
		ExpiresIn   int    `json:"expires_in"`
	}
	if err := w.exchange(call, &answer); err != nil {
		return "", err
	}
	c.token, c.expiry = answer.AccessToken, time.Now().Add(time.Duration(answer.ExpiresIn)*time.Second)
	return c.token, nil
}

// publisher tells who published what the broker said. It does not use DeferredConfirmation, whose Wait can hang in
// Debian's amqp091-go 1.5.0 when the confirm is faster than the publish's return (amqp091-go issue 182).
type publisher struct {
	mutex   sync.Mutex
	channel *amqp.Channel
	last    uint64
	waiting map[uint64]chan bool
}

func newPublisher(channel *amqp.Channel, prefetch int) *publisher {
	p := &publisher{channel: channel, waiting: make(map[uint64]chan bool, prefetch)}
	confirmations := channel.NotifyPublish(make(chan amqp.Confirmation, prefetch))
	returns := channel.NotifyReturn(make(chan amqp.Return, 1))
	go func() {
		for confirmation := range confirmations {
			p.mutex.Lock()
			waiting := p.waiting[confirmation.DeliveryTag]
			delete(p.waiting, confirmation.DeliveryTag)
			p.mutex.Unlock()
			waiting <- confirmation.Ack
		}
	}()
	go func() {
		for returned := range returns {
			log.Fatalf("the broker returned a reply to %s", returned.RoutingKey)
		}
	}()
	return p
}

func (p *publisher) publish(queue string, message amqp.Publishing, confirmed chan bool) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	p.last++
	p.waiting[p.last] = confirmed
	check(p.channel.PublishWithContext(context.Background(), "", queue, true, false, message))
}
