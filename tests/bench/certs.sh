# SPDX-License-Identifier: Apache-2.0
# make_certs FOLDER: an authority, a server and a client of localhost, for what is measured beside Loyald. Wants openssl.
make_certs() {
    cd "$1" && openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout ca.key -out ca.pem -subj /CN=ca -days 2 &&
        for end in server client; do
            openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout $end.key -out $end.csr -subj /CN=localhost &&
                printf 'subjectAltName=DNS:localhost\n' >ext && openssl x509 -req -in $end.csr -CA ca.pem -CAkey ca.key -CAcreateserial \
                -out $end.pem -days 2 -extfile ext || return 1
        done
}
