# A terminal for one user, from docs/protocol/order-entry.md alone: terminal.rb HOST PORT USER.
#
# The first line of its input is the password; each further one is a request, which is sent when the
# one before has its answer:
#
#     enter ACCOUNT INSTRUMENT buy|sell QUANTITY PRICE
#     cancel CLIENT_SEQ
#
# It prints each report: its number, its name, and its fields without the time.  Behind a cut it
# comes back, hears what it missed, and sends again what has no answer.  At the end it logs out.

require "msgpack"
require "openssl"
require "securerandom"
require "socket"

LOGIN, LOGOUT, HEARTBEAT, ENTER_ORDER, CANCEL_ORDER, PROOF = 1, 2, 3, 4, 5, 24
LOGIN_ACCEPTED, LOGIN_REJECTED, PROTOCOL_ERROR, REFUSED, CHALLENGE = 32, 33, 34, 35, 37
NAMES = %w[ACCEPTED REJECTED TRADED CANCELED EXPIRED PHASE_CHANGED DAY_ENDED]
ANSWERED = { 48 => 2, 49 => 2, 51 => 3, REFUSED => 0 } # Which field is the request's client_seq.
MENDED = { LOGIN_REJECTED => [1, 2], PROTOCOL_ERROR => [3, 8] } # LOCKED, BUSY; TRUNCATED, TOO_SLOW.
TAKEN_OVER = "the user has logged in anew"
TRIES, ITERATIONS_MIN, SECONDS = 100, 4_096, 5
Cut = Class.new(StandardError)
BROKEN = [Cut, SystemCallError, IOError, SocketError]

def now = Process.clock_gettime(Process::CLOCK_MONOTONIC)
def mac(key, message) = OpenSSL::HMAC.digest("SHA256", key, message)

class Terminal
  def initialize(host, port, user, password)
    @host, @port, @user, @password = host, port, user, password
    @next_report, @client_seq, @business_date = 1, 0, 0
    @request, @is_over, @heartbeat_seconds = nil, false, 10
  end

  def send_message(*message)
    body = message.to_msgpack
    @socket.write([body.bytesize].pack("V") + body)
    @sent_at = now
  end

  # Read what has come, and take the whole messages in it.
  def hear
    @rest << @socket.readpartial(1 << 16)
    @heard_at = now
    while @rest.bytesize >= 4 && @rest.bytesize >= 4 + @rest.unpack1("V")
      tag, *fields = MessagePack.unpack(@rest.slice!(0, 4 + @rest.unpack1("V")).byteslice(4..))
      handle(tag, fields)
    end
  end

  # Connect and log in for the reports from the next one on; try again where that fails.
  def connect
    TRIES.times do
      @socket, @rest = Socket.tcp(@host, @port, connect_timeout: SECONDS), "".b
      @nonce, @is_open, @is_leaving = SecureRandom.bytes(32).b, false, false
      send_message(LOGIN, @user, @nonce, 2, @business_date, @next_report)
      until @is_open
        raise Cut, "no answer" unless IO.select([@socket], nil, nil, SECONDS)
        hear
      end
      send_message(*@request) if @request
      return
    rescue *BROKEN
      sleep 0.1
    end
    abort "the venue cannot be reached"
  end

  def handle(tag, fields)
    case tag
    when CHALLENGE then prove(*fields)
    when LOGIN_ACCEPTED
      abort "this venue does not know the password" unless @server_proof == fields[12]
      @business_date, @heartbeat_seconds, @is_open = fields[4], fields[7], true
      @client_seq = [@client_seq, fields[6]].max
    when LOGIN_REJECTED, PROTOCOL_ERROR
      abort "the venue ends the session: #{fields}" unless MENDED[tag].include?(fields[0])
      raise Cut, fields[1]
    when LOGOUT
      abort "the venue ends the session: #{fields}" if fields[0] == TAKEN_OVER
      @is_over = @is_leaving && fields == [""] or raise Cut, fields[0]
    when REFUSED then puts "REFUSED #{fields[0]} #{fields[1]}"
    else take_report(tag, *fields) if tag >= 48
    end
    @request = nil if ANSWERED.key?(tag) && fields[ANSWERED[tag]] == @client_seq
  end

  # Print a report, unless it has come before; its time is left out.
  def take_report(tag, number, _time, *fields)
    raise Cut, "a report is missing; log in again for it" if number > @next_report
    return if number < @next_report
    @next_report += 1
    puts [number, NAMES.fetch(tag - 48, tag), *fields].join(" ")
  end

  # Prove the password, and reckon what the venue must answer if it knows it.
  def prove(salt, iterations, nonce)
    abort "the proof would be cheap to guess the password from" if iterations < ITERATIONS_MIN
    parts = [@user.b, @nonce, salt, [iterations].pack("V"), nonce]
    said = parts.map { |part| [part.bytesize].pack("V") + part }.join
    how = { salt: salt, iterations: iterations, length: 32, hash: "SHA256" }
    salted = OpenSSL::KDF.pbkdf2_hmac(@password, **how)
    key = mac(salted, "Client Key")
    mask = mac(OpenSSL::Digest::SHA256.digest(key), said)
    @server_proof = mac(mac(salted, "Server Key"), said)
    send_message(PROOF, key.bytes.zip(mask.bytes).map { |one, other| one ^ other }.pack("C*"))
  end

  # Send a request of the input, and keep it until it has its answer.
  def ask(word, *words)
    @client_seq += 1
    @request = [CANCEL_ORDER, @client_seq, 0, 0, words[0].to_i]
    if word == "enter"
      account, instrument, side, quantity, yuan = words
      order = [account.to_i, instrument, side == "sell" ? 1 : 0, (yuan.to_r * 10_000).to_i]
      @request = [ENTER_ORDER, @client_seq, *order, quantity.to_i]
    end
    send_message(*@request)
  end

  # Send the requests of the input, one after the other, and log out behind the last.
  def run
    text, has_ended = +"", false
    connect
    until @is_over
      begin
        if @request.nil? && text.include?("\n")
          ask(*text.slice!(/.*\n/).split)
        elsif has_ended && !@request && !@is_leaving
          @is_leaving = true
          send_message(LOGOUT, "")
        end
        inputs = has_ended || text.include?("\n") ? [@socket] : [@socket, $stdin]
        ready, = IO.select(inputs, nil, nil, @heartbeat_seconds)
        hear if ready&.include?(@socket)
        raise Cut, "the venue is silent" if now - @heard_at > 3 * @heartbeat_seconds
        send_message(HEARTBEAT) if now - @sent_at >= @heartbeat_seconds
        typed = ready&.include?($stdin) ? $stdin.read_nonblock(1 << 16, exception: false) : ""
        typed ? text << typed : has_ended = true
      rescue *BROKEN
        connect
      end
    end
  end
end

$stdout.sync = true
Terminal.new(ARGV[0], ARGV[1].to_i, ARGV[2], $stdin.gets.chomp).run
