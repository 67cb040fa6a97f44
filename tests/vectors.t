#!/usr/bin/env bash
# Known answers, through every engine: the examples of FIPS 180-4 for SHA-512
# and its kin, and messages of NIST's CAVP (SHA512ShortMsg).

. "${0%/*}/lib.sh" || exit 1

from_hex() {
	perl -e 'print pack "H*", shift' "$1"
}

fips=abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmn
fips+=hijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu
mkdir fips
printf '' >fips/empty
printf abc >fips/abc
printf %s "$fips" >fips/896-bits
perl -e 'print "a" x 1000000' >fips/million

mkdir cavp
while read -r message && read -r digest; do
	name=cavp/$((${#message} / 2))
	from_hex "$message" >"$name"
	echo "$digest  $name"
done >"$work/cavp" <<'END'
21
3831a6a6155e509dee59a7f451eb35324d8f8f2df6e3708894740f98fdee23889f4de5adb0c5010dfb555cda77c8ab5dc902094c52de3278f35a75ebc25f093a
9083
55586ebba48768aeb323655ab6f4298fc9f670964fc2e5f2731e34dfa4b0c09e6e1e12e3d7286b3145c61c2047fb1a2a1297f36da64160b31fa4c8c2cddd2fb4
0a55db
7952585e5330cb247d72bae696fc8a6b0f7d0804577e347d99bc1b11e52f384985a428449382306a89261ae143c2f3fb613804ab20b42dc097e5bf4a96ef919b
23be86d5
76d42c8eadea35a69990c63a762f330614a4699977f058adb988f406fb0be8f2ea3dce3a2bbd1d827b70b9b299ae6f9e5058ee97b50bd4922d6d37ddc761f8eb
eb0ca946c1
d39ecedfe6e705a821aee4f58bfc489c3d9433eb4ac1b03a97e321a2586b40dd0522f40fa5aef36afff591a78c916bfc6d1ca515c4983dd8695b1ec7951d723e
38667f39277b
85708b8ff05d974d6af0801c152b95f5fa5c06af9a35230c5bea2752f031f9bd84bd844717b3add308a70dc777f90813c20b47b16385664eefc88449f04f2131
b39f71aaa8a108
258b8efa05b4a06b1e63c7a3f925c5ef11fa03e3d47d631bf4d474983783d8c0b09449009e842fc9fa15de586c67cf8955a17d790b20f41dadf67ee8cdcdfce6
6f8d58b7cab1888c
a3941def2803c8dfc08f20c06ba7e9a332ae0c67e47ae57365c243ef40059b11be22c91da6a80c2cff0742a8f4bcd941bdee0b861ec872b215433ce8dcf3c031
162b0cf9b3750f9438
ade217305dc34392aa4b8e57f64f5a3afdd27f1fa969a9a2608353f82b95cfb4ae84598d01575a578a1068a59b34b5045ff6d5299c5cb7ee17180701b2d1d695
bad7c618f45be207975e
5886828959d1f82254068be0bd14b6a88f59f534061fb20376a0541052dd3635edf3c6f0ca3d08775e13525df9333a2113c0b2af76515887529910b6c793c8a5
cd67bd4054aaa3baa0db178ce232fd5a
0d8521f8f2f3900332d1a1a55c60ba81d04d28dfe8c504b6328ae787925fe0188f2ba91c3a9f0c1653c4bf0ada356455ea36fd31f8e73e3951cad4ebba8c6e04
8ccb08d2a1a282aa8cc99902ecaf0f67a9f21cffe28005cb27fcf129e963f99d
4551def2f9127386eea8d4dae1ea8d8e49b2add0509f27ccbce7d9e950ac7db01d5bca579c271b9f2d806730d88f58252fd0c2587851c3ac8a0e72b4e1dc0da6
dc28484ebfd293d62ac759d5754bdf502423e4d419fa79020805134b2ce3dff738c7556c91d810adbad8dd210f041296b73c2185d4646c97fc0a5b69ed49ac8c7ced0bd1cfd7e3c3cca47374d189247da6811a40b0ab097067ed4ad40ade2e4791e39204e398b3204971445822a1be0dd93af8
615115d2e8b62e345adaa4bdb95395a3b4fe27d71c4a111b86c1841463c5f03d6b20d164a39948ab08ae060720d05c10f6022e5c8caf2fa3bca2e04d9c539ded
fd2203e467574e834ab07c9097ae164532f24be1eb5d88f1af7748ceff0d2c67a21f4e4097f9d3bb4e9fbf97186e0db6db0100230a52b453d421f8ab9c9a6043aa3295ea20d2f06a2f37470d8a99075f1b8a8336f6228cf08b5942fc1fb4299c7d2480e8e82bce175540bdfad7752bc95b577f229515394f3ae5cec870a4b2f8
a21b1077d52b27ac545af63b32746c6e3c51cb0cb9f281eb9f3580a6d4996d5c9917d2a6e484627a9d5a06fa1b25327a9d710e027387fc3e07d7c4d14c6086cc
END
sort -k 2 -o "$work/cavp" "$work/cavp"

for engine in $(engines); do
	try "$engine: SHA-512 of FIPS 180-4" 0 \
		"$phash" --untagged --engine="$engine" fips
	out 'the published digests' <<'END'
8e959b75dae313da8cf4f72814fc143f8f7779c6eb9f7fa17299aeadb6889018501d289e4900f7e4331b99dec4b5433ac7d329eeb6dd26545e96e55b874be909  fips/896-bits
ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f  fips/abc
cf83e1357eefb8bdf1542850d66d8007d620e4050b5715dc83f4a921d36ce9ce47d0d13c5d85f2b0ff8318d2877eec2f63b931bd47417a81a538327af927da3e  fips/empty
e718483d0ce769644e2e42c7bc15b4638e1f98b13b2044285632a803afa973ebde0ff244877ea60a4cb0432ce577c31beb009c5c2c49aa2e4eadb217ad8cc09b  fips/million
END
	try "$engine: SHA-512 of CAVP" 0 \
		"$phash" --untagged --engine="$engine" cavp
	same 'the published digests' "$work/cavp" "$work/out"

	try "$engine: SHA-384" 0 "$phash" --untagged --engine="$engine" \
		-a sha384 fips/abc fips/896-bits
	out 'the published digests' <<'END'
09330c33f71147e83d192fc782cd1b4753111b173b3b05d22fa08086e3b0f712fcc7c71a557e2db966c3e9fa91746039  fips/896-bits
cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7  fips/abc
END
	try "$engine: SHA-512/256" 0 "$phash" --untagged --engine="$engine" \
		-a sha512-256 fips/abc fips/896-bits
	out 'the published digests' <<'END'
3928e184fb8690f840da3988121d31be65cb9d3ef83ee6146feac861e19b563a  fips/896-bits
53048e2681941ef99b2e29b76b4c7dabe4c2d0c634fc6d46e0e2f13107e7af23  fips/abc
END
	try "$engine: SHA-512/224" 0 "$phash" --untagged --engine="$engine" \
		-a sha512-224 fips/abc fips/896-bits
	out 'the published digests' <<'END'
23fec5bb94d60b23308192640b0c453335d664734fe40e7268674af9  fips/896-bits
4634270f707b6a54daae7530460842e20e37ed265ceee9a43e8924aa  fips/abc
END
done

finish
